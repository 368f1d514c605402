"""Packs queries and takes replies apart (RFC 1035 section 4)."""

import struct
from typing import NamedTuple

HEADER = 12  # bytes
QR, TC, RD = 0x8000, 0x0200, 0x0100
MAX_LABEL, MAX_NAME = 63, 255  # bytes; a name with its length bytes and the 0 at its end

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, CAA = 1, 2, 5, 6, 12, 15, 16, 28, 33, 257


class Malformed(Exception):
    """The message breaks the format."""


class Record(NamedTuple):
    owner: tuple  # of labels
    rtype: int
    rclass: int
    ttl: int
    data: list  # its fields: numbers, names and bytes, as LAYOUT says


# What data is made of: a struct format, a name, strings up to the end, or the rest.
NAME, STRINGS, REST = "name", "strings", "rest"
LAYOUT = {A: ("4s",), AAAA: ("16s",), NS: (NAME,), CNAME: (NAME,), PTR: (NAME,), MX: ("!H", NAME), TXT: (STRINGS,),
          SOA: (NAME, NAME, "!5I"), SRV: ("!3H", NAME), CAA: ("!B", REST)}


def pack_name(name):
    """A name as it goes over the wire: label by label, each with its length before it."""
    out = b""
    for label in name.removesuffix(".").split(".") if name != "." else []:
        if not 0 < len(label) <= MAX_LABEL or not label.isascii():
            raise ValueError(f"{name!r} is no name: a label has 1 to {MAX_LABEL} characters")
        out += bytes([len(label)]) + label.encode()
    if len(out) + 1 > MAX_NAME:
        raise ValueError(f"{name!r} is no name: it is too long")
    return out + b"\0"


def query(ident, question):
    return struct.pack("!6H", ident, RD, 1, 0, 0, 0) + question


def matches(data, ident, question):
    """Whether data is the reply to this query: what an attacker has to guess is compared, and so is the question."""
    if len(data) < HEADER + len(question):
        return False
    got, flags, questions = struct.unpack("!3H", data[:6])
    # Lower case changes no other byte: lengths are below A, and type and class have to be the same anyway.
    same = data[HEADER:HEADER + len(question) - 4].lower() == question[:-4].lower()
    return (got == ident and flags & QR != 0 and questions == 1 and same
            and data[HEADER + len(question) - 4:HEADER + len(question)] == question[-4:])


class Reply:
    """A reply that matches. Of one that is truncated nothing counts but that."""

    def __init__(self, data):
        self.data = data
        _, flags, self.questions, self.answers, _, _ = struct.unpack("!6H", data[:HEADER])
        self.truncated = flags & TC != 0
        self.rcode = flags & 15
        self.records = [] if self.truncated else self.read()

    def answer(self):
        return self.records

    def read(self):
        """The records of the answer section. What stands behind it is nobody's business here."""
        reader = Reader(self.data)
        for _ in range(self.questions):
            reader.name()
            reader.take(4)
        return [reader.record() for _ in range(self.answers)]


class Reader:
    """Goes through a message from its front to its end. Nothing it gives lies outside of the message."""

    def __init__(self, data):
        self.data = data
        self.at = HEADER

    def take(self, n):
        if n < 0 or self.at + n > len(self.data):
            raise Malformed("it ends early")
        self.at += n
        return self.data[self.at - n:self.at]

    def numbers(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def name(self):
        """A name. Each pointer has to lead further back than all before it, so no row of them is endless."""
        labels, size = [], 1
        at, limit, after = self.at, self.at, None
        while True:
            if at >= len(self.data):
                raise Malformed("it ends in a name")
            length = self.data[at]
            if length >= 0xC0:
                if at + 1 >= len(self.data):
                    raise Malformed("it ends in a pointer")
                target = (length & 0x3F) << 8 | self.data[at + 1]
                if not HEADER <= target < limit:
                    raise Malformed("a pointer does not lead back")
                after = after or at + 2  # what follows the name follows its first pointer
                at = limit = target
                continue
            if length > MAX_LABEL:
                raise Malformed("a label of an unknown kind")
            at += 1
            if length == 0:
                self.at = after or at
                return tuple(labels)
            label = self.data[at:at + length]
            at += length
            size += length + 1
            if len(label) < length or size > MAX_NAME:
                raise Malformed("a name is too long")
            labels.append(label)

    def record(self):
        owner = self.name()
        rtype, rclass, ttl, length = self.numbers("!HHIH")
        end = self.at + length
        if end > len(self.data):
            raise Malformed("it ends in the data of a record")
        data = []
        for field in LAYOUT.get(rtype, (REST,)):
            if field == NAME:
                data.append(self.name())
            elif field == STRINGS:
                while self.at < end:
                    data.append(self.take(self.take(1)[0]))
            elif field == REST:
                data.append(self.take(end - self.at))
            else:
                data += self.numbers(field)
        if self.at != end:
            raise Malformed("data is not as long as its length says")
        return Record(owner, rtype, rclass, ttl, data)
