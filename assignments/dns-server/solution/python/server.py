"""An authoritative name server from sockets up, over UDP and TCP.

server.py opens the port and decides what happens to a message, message.py reads and writes messages, names.py and
rdata.py know what is in them, zone.py reads the master file, lookup.py answers queries, update.py changes the zone.
"""

import os
import socket
import sys
import threading
import time

import lookup
import update
import zone
from message import BADVERS, FORMERR, HEADER, NOTIMP, QR, QUERY, UPDATE, SERVFAIL, Malformed, Reply, Request

PLAIN = 512       # bytes that every client takes over UDP
PAYLOAD = 1232    # bytes over UDP that come through nearly everywhere in one piece
PATIENCE = 30.0   # seconds that a TCP connection may be silent


class Server:
    def __init__(self, first):
        self.zone = first  # replaced as a whole: who took it goes on with what he took
        self.updating = threading.Lock()

    def handle(self, data, tcp):
        """The reply to a message, None for silence."""
        if len(data) < HEADER:
            return None  # there is no id to answer to
        request = Request(data)
        if request.flags & QR:
            return None  # a reply: two servers must not answer each other for ever
        try:
            reply = self.reply(request)
        except Exception as why:  # a mistake of ours must not cost the other clients their server
            print(f"server: {type(why).__name__}: {why}", file=sys.stderr)
            reply = Reply(request, SERVFAIL)
        limit = 0xFFFF
        if not tcp:
            # Less than 512 counts as 512 (RFC 6891 section 6.2.3).
            limit = max(PLAIN, min(request.opt.rclass, PAYLOAD)) if request.opt else PLAIN
        return reply.pack(limit, PAYLOAD)

    def reply(self, request):
        try:
            request.parse()
        except Malformed:
            return Reply(request, FORMERR if request.opcode in (QUERY, UPDATE) else NOTIMP)
        if request.opcode not in (QUERY, UPDATE):
            return Reply(request, NOTIMP)
        if request.opt and request.opt.ttl >> 16 & 0xFF:
            return Reply(request, BADVERS)
        if request.opcode == QUERY:
            return lookup.answer(self.zone, request)
        with self.updating:
            rcode, self.zone = update.update(self.zone, request)
        return Reply(request, rcode)


def serve_udp(sock, server):
    while True:
        try:
            data, client = sock.recvfrom(65535)
            reply = server.handle(data, tcp=False)
            if reply:
                sock.sendto(reply, client)
        except OSError:
            pass  # this client cannot be reached; the others can


def receive(conn, n):
    """n bytes, in whatever pieces they come; fewer at the end of the stream."""
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data


def serve_tcp(conn, server):
    """Answers the messages of one connection, each with its length in two bytes before it."""
    with conn:
        try:
            conn.settimeout(PATIENCE)
            while True:
                length = receive(conn, 2)
                if len(length) < 2:
                    return
                wanted = int.from_bytes(length, "big")
                data = receive(conn, wanted)
                if len(data) < wanted:
                    return
                reply = server.handle(data, tcp=True)
                if reply:
                    # In one piece: some clients read the length and the message at once (RFC 7766 section 8).
                    conn.sendall(len(reply).to_bytes(2, "big") + reply)
        except OSError:
            pass  # the client is gone or too slow; that concerns no other client


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 5300)
    try:
        with open(os.environ.get("ZONE") or "zone", encoding="latin-1") as file:
            server = Server(zone.read(file.read()))
    except (OSError, ValueError) as why:
        sys.exit(f"server: ZONE: {why}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        # Without this a server that is started again waits a minute for its port.
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((host, port))
        udp.bind((host, port))
        tcp.listen(128)
        threading.Thread(target=serve_udp, args=(udp, server), daemon=True).start()
        while True:
            try:
                conn, _ = tcp.accept()
                threading.Thread(target=serve_tcp, args=(conn, server), daemon=True).start()
            except (OSError, RuntimeError) as why:
                # No descriptor or no thread left: those that are served now will give theirs back.
                print(f"server: {why}", file=sys.stderr)
                time.sleep(0.05)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
