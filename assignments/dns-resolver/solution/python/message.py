"""Reads and writes messages (RFC 1035 section 4, RFC 6891)."""

import struct
from typing import NamedTuple

import names

HEADER = 12  # bytes
QR, AA, TC, RD, RA = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
BADVERS = 16
IN = 1
A, NS, CNAME, SOA, PTR, MX, SRV, OPT, DS = 1, 2, 5, 6, 12, 15, 33, 41, 43

# Where data has names: a number is that many bytes before or after one. Only in these types may they be compressed, and
# a pointer means nothing in another message; the data of all other types is passed on as it is (RFC 3597).
NAME = "name"
LAYOUT = {NS: (NAME,), CNAME: (NAME,), PTR: (NAME,), MX: (2, NAME), SOA: (NAME, NAME, 20), 3: (NAME,), 4: (NAME,),
          7: (NAME,), 8: (NAME,), 9: (NAME,), 14: (NAME, NAME), 17: (NAME, NAME), 18: (2, NAME), 21: (2, NAME),
          SRV: (6, NAME)}
COMPRESSED = {NS, CNAME, PTR, MX, SOA}  # that older software expects to be; the others are written in full


class Question(NamedTuple):
    name: tuple
    rtype: int
    rclass: int = IN

    def same(self, other):
        return names.fold(self.name) == names.fold(other.name) and self[1:] == other[1:]


class Record(NamedTuple):
    owner: tuple
    rtype: int
    rclass: int
    ttl: int
    data: tuple  # of parts: bytes, or a name


class Malformed(Exception):
    """The message breaks the format."""


class Message:
    """A message that came. The header is always there; the rest after parse, which raises Malformed."""

    def __init__(self, data):
        self.data = data
        self.id, self.flags, *self.counts = struct.unpack("!6H", data[:HEADER])
        self.opcode = self.flags >> 11 & 15
        self.rcode = self.flags & 15
        self.questions, self.answer, self.authority, self.additional = [], [], [], []
        self.opt = None

    def parse(self):
        reader = Reader(self.data)
        questions = [reader.question() for _ in range(self.counts[0])]
        for section, count in zip((self.answer, self.authority, self.additional), self.counts[1:]):
            section += [reader.record() for _ in range(count)]
        self.questions = questions  # only now: of a malformed message nothing is repeated in the reply
        opts = [r for r in self.additional if r.rtype == OPT]
        if opts:
            self.opt = opts[0]  # the reply has one too, whatever else is wrong
        if len(opts) > 1 or any(r.owner for r in opts) or any(r.rtype == OPT for r in self.answer + self.authority):
            raise Malformed("want one OPT at most, of the root, in the additional section")
        return self


class Reader:
    """Takes a message apart from its front to its end. Nothing it is asked for can lie outside of the message."""

    def __init__(self, data):
        self.data = data
        self.at = HEADER

    def take(self, n):
        if n < 0 or self.at + n > len(self.data):
            raise Malformed("the message ends early")
        self.at += n
        return self.data[self.at - n:self.at]

    def numbers(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def name(self):
        """A name. A pointer leads to before the place where the name, or what it pointed to, began: so each jump goes
        further back, and no row of them is endless."""
        labels, size = [], 1
        at, limit, after = self.at, self.at, None
        while True:
            if at >= len(self.data):
                raise Malformed("the message ends in a name")
            length = self.data[at]
            if length >= 0xC0:
                if at + 1 >= len(self.data):
                    raise Malformed("the message ends in a pointer")
                target = (length & 0x3F) << 8 | self.data[at + 1]
                if not HEADER <= target < limit:
                    raise Malformed("a pointer that does not lead back to a name")
                after = after or at + 2  # what follows the name follows the first pointer
                at = limit = target
                continue
            if length > names.MAX_LABEL:
                raise Malformed("a label of an unknown kind")
            at += 1
            if length == 0:
                self.at = after or at
                return tuple(labels)
            label = self.data[at:at + length]
            at += length
            size += length + 1
            if len(label) < length or size > names.MAX_NAME:
                raise Malformed("a name that is too long")
            labels.append(label)

    def question(self):
        return Question(self.name(), *self.numbers("!HH"))

    def record(self):
        owner = self.name()
        rtype, rclass, ttl, length = self.numbers("!HHIH")
        end = self.at + length
        if end > len(self.data):
            raise Malformed("the message ends in the data of a record")
        data = tuple(self.name() if field == NAME else self.take(field) for field in LAYOUT.get(rtype, (length,)))
        if self.at != end:
            raise Malformed("data is not as long as RDLENGTH says")
        if rtype != OPT and ttl >> 31:
            ttl = 0  # a negative TTL counts as 0 (RFC 2181 section 8)
        return Record(owner, rtype, rclass, ttl, data)


class Writer:
    """Puts a message together, with every name compressed that may be."""

    def __init__(self):
        self.out = bytearray(HEADER)
        self.offsets = {}  # of the names written so far, and of their ends

    def name(self, name, compress=True):
        for i in range(len(name)):
            rest = name[i:]
            if compress and rest in self.offsets:
                self.out += struct.pack("!H", 0xC000 | self.offsets[rest])
                return
            if len(self.out) < 0x4000:  # a pointer has 14 bits
                self.offsets.setdefault(rest, len(self.out))
            self.out += bytes([len(name[i])]) + name[i]
        self.out.append(0)

    def question(self, q):
        self.name(q.name)
        self.out += struct.pack("!HH", q.rtype, q.rclass)

    def record(self, r):
        self.name(r.owner)
        self.out += struct.pack("!HHIH", r.rtype, r.rclass, r.ttl, 0)
        start = len(self.out)
        for part in r.data:
            if isinstance(part, tuple):
                self.name(part, r.rtype in COMPRESSED)
            else:
                self.out += part
        struct.pack_into("!H", self.out, start - 2, len(self.out) - start)


def write(ident, flags, questions, answer=(), authority=(), additional=()):
    w = Writer()
    for q in questions:
        w.question(q)
    for r in (*answer, *authority, *additional):
        w.record(r)
    struct.pack_into("!6H", w.out, 0, ident, flags, len(questions), len(answer), len(authority), len(additional))
    return bytes(w.out)
