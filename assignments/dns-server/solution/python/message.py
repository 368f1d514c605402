"""Reads and writes messages (RFC 1035 section 4, RFC 6891)."""

import struct
from typing import NamedTuple

import names
import rdata

HEADER = 12  # bytes
QR, AA, TC, RD = 0x8000, 0x0400, 0x0200, 0x0100
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, YXRRSET, NXRRSET, NOTAUTH, NOTZONE = range(11)
BADVERS = 16
QUERY, UPDATE = 0, 5
IN, NONE, ANY = 1, 254, 255


class Question(NamedTuple):
    name: tuple
    rtype: int
    rclass: int


class Record(NamedTuple):
    owner: tuple
    rtype: int
    rclass: int
    ttl: int
    data: tuple  # see rdata.py; () when RDLENGTH is 0


class Malformed(Exception):
    """The message breaks the format."""


class Reader:
    """Takes a message apart from its front to its end. Nothing it is asked for can lie outside of the message."""

    def __init__(self, data):
        self.data = data
        self.at = 0

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
        if self.at + length > len(self.data):
            raise Malformed("the message ends in the data of a record")
        try:
            data = rdata.from_wire(rtype, self, length) if length else ()
        except ValueError as why:
            raise Malformed(str(why)) from None
        return Record(owner, rtype, rclass, ttl, data)


class Request:
    """A message from a client. The header is always there; Malformed comes from parse."""

    def __init__(self, data):
        self.data = data
        self.id, self.flags, *self.counts = struct.unpack("!6H", data[:HEADER])
        self.opcode = self.flags >> 11 & 15
        self.questions = []
        self.sections = [[], [], []]  # answer, authority, additional; UPDATE: prerequisites, updates, additional
        self.opt = None

    def parse(self):
        reader = Reader(self.data)
        reader.at = HEADER
        questions = [reader.question() for _ in range(self.counts[0])]
        for section, count in zip(self.sections, self.counts[1:]):
            section += [reader.record() for _ in range(count)]
        self.questions = questions  # only now: of a malformed message nothing is repeated in the reply
        self.find_opt()

    def find_opt(self):
        opts = [r for section in self.sections for r in section if r.rtype == rdata.OPT]
        if opts:
            self.opt = opts[0]  # the reply has one too, whatever else is wrong
        if len(opts) > 1 or any(r.owner for r in opts) or len(opts) > sum(r.rtype == rdata.OPT for r in self.sections[2]):
            raise Malformed("want one OPT at most, of the root, in the additional section")


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
                self.name(part, r.rtype in rdata.COMPRESSED)
            else:
                self.out += part
        struct.pack_into("!H", self.out, start - 2, len(self.out) - start)


class Reply:
    """The answer to a request, so far."""

    def __init__(self, request, rcode=NOERROR):
        self.request = request
        self.rcode = rcode
        self.aa = False
        self.answer, self.authority, self.additional = [], [], []
        self.glue = []  # additional records that a referral is worth nothing without

    def pack(self, limit, payload):
        """The bytes. What does not fit is left out: additional records without a word, anything else with TC."""
        out = self.write(payload, self.answer, self.authority, self.glue + self.additional)
        if len(out) > limit and self.additional:
            out = self.write(payload, self.answer, self.authority, self.glue)
        if len(out) > limit:
            out = self.write(payload, [], [], [], TC)  # the client asks again over TCP, and takes nothing from this one
        return out

    def write(self, payload, answer, authority, additional, flags=0):
        request = self.request
        if request.opt:
            # The upper bits of a code stand in the OPT's TTL. Version 0; DO is repeated.
            ttl = self.rcode >> 4 << 24 | request.opt.ttl & 0x8000
            additional = additional + [Record((), rdata.OPT, payload, ttl, ())]
        flags |= QR | request.opcode << 11 | request.flags & RD | self.rcode & 15
        if self.aa:
            flags |= AA
        w = Writer()
        for q in request.questions:
            w.question(q)
        for r in answer + authority + additional:
            w.record(r)
        struct.pack_into("!6H", w.out, 0, request.id, flags, len(request.questions), len(answer), len(authority),
                         len(additional))
        return bytes(w.out)
