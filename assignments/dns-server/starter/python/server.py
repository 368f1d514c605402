"""A name server. As handed out it answers NOTIMP to everything: dig shows it."""

import os
import socket
import struct

ZONE = os.environ.get("ZONE") or "utopia.zone"  # the path of the zone file
NOTIMP = 4


def read_zone(path):
    """The records of the zone."""
    # TODO: read the lines: see "Zone file" in the statement. A good form for what comes out is a dict from name to type
    # to the records of that set. Names are best kept as tuples of labels in small letters, such as
    # (b"www", b"networkutopia", b"com"): a dot may stand within a label, and name[1:] is then the name above.
    return {}


def answer(query, zone):
    """The reply to a message; None for silence."""
    # The header is six numbers of 16 bits, in network byte order: that is what the ! is for.
    ident, flags, questions, _, _, _ = struct.unpack("!6H", query[:12])
    # TODO: fewer than 12 bytes make struct.unpack fail, and the whole server with it. See "Malformed messages".
    # TODO: what if this is a reply and no question? See "Responses".

    # TODO: read the question behind the header: a name, then type and class. A name is label after label, each with its
    # length before it, up to a length of 0. Look before each step whether the message has that many bytes still.
    # TODO: find the records: a name that is there with that type, a name without that type, and no such name are
    # three different answers. Then aliases, wildcards and delegations.
    opcode, rd = flags & 0x7800, flags & 0x0100
    reply = struct.pack("!6H", ident, 0x8000 | opcode | rd | NOTIMP, 0, 0, 0, 0)
    # TODO: repeat the question, set AA (0x0400), and add the sections; the counts above say how many records each has.
    # TODO: more than 512 bytes do not go over UDP: see "UDP" and "Sizes".
    return reply


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 5300)
    zone = read_zone(ZONE)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, port))
    # TODO: TCP, at the same time and at the same port: a thread that accepts, and one for each connection. Every message
    # has its length before it there, and recv gives whatever has come by now: a piece of a message, or several.
    while True:
        # recvfrom gives one whole datagram and the address it came from.
        query, client = udp.recvfrom(65535)
        reply = answer(query, zone)
        if reply:
            udp.sendto(reply, client)


if __name__ == "__main__":
    main()
