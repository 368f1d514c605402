"""A resolver. As handed out it answers SERVFAIL to everything: dig shows it."""

import os
import socket
import struct

SERVFAIL = 2


def read_hints(path):
    """The addresses of the root's servers."""
    # TODO: read the lines: see "Root hints" in the statement. What you need are the addresses of the A records.
    return []


def ask(address, name, rtype):
    """Asks one server, and gives its reply."""
    # TODO: a new socket for each question, with a time limit, and an id from secrets.randbits(16): see "Randomness". Bind it
    # to nothing. connect() leaves the checking of the address to the kernel; the rest stands in "Matching".
    # TODO: when TC is set, ask again over TCP.


def resolve(name, rtype, roots):
    """The code and the records that answer a question."""
    # TODO: ask a root server. Its reply has no answer, but NS records in the authority section and addresses in the
    # additional one: ask one of those, and so on, until there is an answer: see "Iteration". That loop is the assignment.
    # TODO: then the cache: a dict from (name, type) to the records and the time when they end. Keep delegations as well.
    # TODO: then aliases, servers without an address or without an answer, and a limit on everything.
    return SERVFAIL, []


def answer(query, roots):
    """The reply to a client's message; None for silence."""
    # The header is six numbers of 16 bits, in network byte order: that is what the ! is for.
    ident, flags, questions, _, _, _ = struct.unpack("!6H", query[:12])
    # TODO: fewer than 12 bytes make struct.unpack fail, and the whole resolver with it. See "Messages that are broken".
    # TODO: what if this is a reply and no question?

    # TODO: read the question behind the header: a name, then type and class. You need the same function for the replies of
    # servers, where names are compressed: give it the whole message and the place, and let it say where the name ends.
    code, records = resolve(None, None, roots)
    opcode, rd = flags & 0x7800, flags & 0x0100
    # TODO: RA, 0x0080, and the question; then the records, with their counts above.
    return struct.pack("!6H", ident, 0x8000 | opcode | rd | code, 0, 0, 0, 0)


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 5353)
    roots = read_hints(os.environ.get("ROOT_HINTS") or "named.root")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, port))
    # TODO: TCP, at the same time and at the same port: see "TCP" in the statement.
    while True:
        # recvfrom gives one whole datagram and the address it came from.
        query, client = udp.recvfrom(65535)
        # TODO: while you wait for a server here, nobody else is served: a thread for each question helps, and a lock for
        # the cache.
        reply = answer(query, roots)
        if reply:
            udp.sendto(reply, client)


if __name__ == "__main__":
    main()
