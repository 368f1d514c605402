"""A resolver that begins at the root, from sockets up.

resolver.py opens the port and serves clients, iterate.py goes from the root to the answer, upstream.py asks one server,
cache.py remembers, message.py and names.py know what messages look like.
"""

import asyncio
import os
import signal
import sys

from iterate import Failed, Resolver, Work, root_from
from message import (BADVERS, FORMERR, HEADER, IN, NOTIMP, OPT, QR, RA, RD, REFUSED, SERVFAIL, TC, Malformed, Message,
                     Record, write)

PLAIN = 512        # bytes that every client takes over UDP
PAYLOAD = 1232     # bytes over UDP that come through nearly everywhere in one piece
PATIENCE = 30.0    # seconds that a TCP connection may be silent
AT_ONCE = 2000     # questions
AT_ONCE_ONE = 100  # of one connection
ANY, TRANSFERS = 255, (251, 252)


class Server:
    def __init__(self, resolver):
        self.resolver = resolver
        self.running = {}  # question -> the task that looks for its answer, for all who ask the same
        self.tasks = set()

    def start(self, job):
        """Runs a job beside everything else."""
        if len(self.tasks) >= AT_ONCE:
            job.close()
            return None  # the client asks again later
        task = asyncio.create_task(job)
        self.tasks.add(task)  # or nobody would hold it
        task.add_done_callback(self.tasks.discard)
        return task

    async def handle(self, data, tcp):
        """The reply to a message, None for silence."""
        if len(data) < HEADER:
            return None  # there is no id to answer to
        request = Message(data)
        if request.flags & QR:
            return None  # a reply: two servers must not answer each other for ever
        try:
            rcode, answer, authority = await self.answer(request)
        except Malformed:
            rcode, answer, authority = FORMERR, [], []
        except Exception as why:  # a mistake of ours must not cost the other clients their resolver
            print(f"resolver: {type(why).__name__}: {why}", file=sys.stderr)
            rcode, answer, authority = SERVFAIL, [], []
        additional = []
        if request.opt:
            # The upper bits of a code stand in the OPT's TTL. Version 0, no flags.
            additional = [Record((), OPT, PAYLOAD, rcode >> 4 << 24, ())]
        limit = 0xFFFF
        if not tcp:
            # Less than 512 counts as 512 (RFC 6891 section 6.2.3).
            limit = max(PLAIN, min(request.opt.rclass, PAYLOAD)) if request.opt else PLAIN
        flags = QR | request.opcode << 11 | request.flags & RD | RA | rcode & 15
        out = write(request.id, flags, request.questions, answer, authority, additional)
        if len(out) > limit:
            # The client asks again over TCP, and takes nothing from this one.
            out = write(request.id, flags | TC, request.questions, (), (), additional)
        return out

    async def answer(self, request):
        if request.opcode != 0:
            return NOTIMP, [], []
        request.parse()
        if request.opt and request.opt.ttl >> 16 & 0xFF:
            return BADVERS, [], []
        if len(request.questions) != 1:
            request.questions = []
            return FORMERR, [], []
        q = request.questions[0]
        if q.rclass != IN or q.rtype in TRANSFERS or q.rtype in (ANY, OPT):
            return REFUSED, [], []
        recursive = request.flags & RD != 0
        try:
            found = await (self.together(q) if recursive else self.resolver.resolve(q.name, q.rtype, Work(0)))
        except Failed as why:
            if not recursive:
                return REFUSED, [], []  # it is not known here, and the client does not want us to ask
            print(f"resolver: {why}", file=sys.stderr)
            return SERVFAIL, [], []
        return found.rcode, found.records, [found.soa] if found.soa else []

    async def together(self, q):
        """Looks for an answer once for all who ask for it at one time: many equal questions upstream would be as many
        chances for a forger."""
        if q not in self.running:
            task = asyncio.create_task(self.resolver.resolve(q.name, q.rtype, Work()))
            self.running[q] = task
            task.add_done_callback(lambda _: self.running.pop(q))
        return await asyncio.shield(self.running[q])

    async def connection(self, reader, writer):
        """Answers the messages of one connection, each with its length in two bytes before it, as each is ready."""
        room = asyncio.Semaphore(AT_ONCE_ONE)
        tasks = set()

        async def reply(data):
            async with room:
                out = await self.handle(data, tcp=True)
            if out:
                # In one piece: some clients read the length and the message at once (RFC 7766 section 8).
                writer.write(len(out).to_bytes(2, "big") + out)

        try:
            while True:
                async with asyncio.timeout(PATIENCE):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    data = await reader.readexactly(length)
                    await writer.drain()  # who does not read its replies gets no more of them
                async with room:
                    task = self.start(reply(data))
                if task:
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        except (OSError, asyncio.IncompleteReadError):
            # The client has asked all it wants, or is gone or too slow; that concerns no other client.
            if tasks:
                await asyncio.wait(tasks)
        finally:
            writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        self.server.start(self.reply(data, client))

    def error_received(self, why):
        pass  # this client cannot be reached; the others can

    async def reply(self, data, client):
        out = await self.server.handle(data, tcp=False)
        if out:
            self.transport.sendto(out, client)


async def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 5353)
    try:
        with open(os.environ.get("ROOT_HINTS") or "named.root", encoding="ascii", errors="replace") as file:
            root = root_from(file.read())
    except (OSError, ValueError) as why:
        sys.exit(f"resolver: ROOT_HINTS: {why}")
    server = Server(Resolver(root))
    tcp = await asyncio.start_server(server.connection, host, port, backlog=128)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: Datagrams(server), local_addr=(host, port))
    await tcp.serve_forever()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(main())
