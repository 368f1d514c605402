"""A DNS client. As handed out it sends a header without a question and does not wait for the reply."""

import os
import socket
import struct
import sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257}


def pack_query(name, rtype):
    """The bytes of a query."""
    # The header is six numbers of 16 bits, in network byte order: that is what the ! is for.
    ident = 1
    # TODO: draw the id: secrets.randbits(16). See "Header" in the statement, also for the bit RD, 0x0100.
    header = struct.pack("!6H", ident, 0, 0, 0, 0, 0)
    # TODO: one question: the name, then struct.pack("!HH", TYPES[rtype], 1). A name is label after label, each with its
    # length before it, and a 0 at the end: b"\x03www\x0dnetworkutopia\x03com\x00". The third number above counts it.
    # TODO: a type may be written TYPE65280 as well.
    return header


def print_records(reply):
    """Prints the records of the answer section."""
    # TODO: struct.unpack the header of 12 bytes. Go past the question; then each record has a name, then
    # struct.unpack("!HHIH", ...) for type, class, TTL and length, then that many bytes of data. See "Output".
    # A function that reads a name at a place, and says where it ends, is the heart of it: see "Names" for pointers.
    # Look before each step whether the reply has that many bytes still.


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: client.py NAME TYPE")
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 53)
    query = pack_query(sys.argv[1], sys.argv[2])

    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(query, (host, port))
    print(f"client: sent {len(query)} bytes to {host}:{port}", file=sys.stderr)

    # TODO: wait for the reply and print its records.
    # - recvfrom waits for ever unless sock.settimeout(seconds) was called. Datagrams get lost: see "Waiting".
    # - Anybody can send to this socket: see "Strangers". connect() leaves the checking of the address to the kernel.
    # - TC set, 0x0200? Ask again over TCP: see "Truncation". recv gives whatever has come by now.
    # - The code is in the last four bits of the second number: see "Response codes" and "Exit status".
    print_records(b"")
    sys.exit("client: no reply was waited for")


if __name__ == "__main__":
    main()
