"""A zone: read from a master file (RFC 1035 section 5), and looked things up in."""

import re
import struct

import names
import rdata
from message import IN, Record

TOKEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|((?:[^\s"();\\]|\\.)+)|(\n)|([()])|;[^\n]*|[^\S\n]+')


def entries(text):
    """The entries of a master file as (line, begins with a blank, words): one a line, or several lines in parentheses."""
    words, blank, depth, line, first, at = [], False, 0, 1, 1, 0
    text += "\n"
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError(f"line {line}: cannot read {text[at:at + 20]!r}")
        if not words and depth == 0:
            if at == 0 or text[at - 1] == "\n":
                blank, first = text[at] in " \t", line
        at = m.end()
        if m[4]:
            depth += 1 if m[4] == "(" else -1
        elif m[3]:
            line += 1
            if words and depth == 0:
                yield first, blank, words
                words = []
        elif m[1] is not None or m[2]:
            words.append(m[2] or m[1])
    if depth or words:
        raise ValueError(f"line {first}: a parenthesis is not closed")


def read(text):
    """The zone of a master file."""
    records, origin, owner, default = [], None, None, None
    for line, blank, words in entries(text):
        try:
            if words[0].upper() == "$ORIGIN":
                origin = names.from_text(words[1], origin or ())
            elif words[0].upper() == "$TTL":
                default = rdata.seconds(words[1])
            elif words[0].startswith("$"):
                raise ValueError(f"{words[0]} is not known here")
            else:
                if not blank:
                    owner = names.from_text(words.pop(0), origin or ())
                if owner is None:
                    raise ValueError("the first record has no owner")
                record = read_record(owner, words, origin or (), default)
                records.append(record)
                if default is None:
                    default = record.ttl
        except (ValueError, IndexError) as why:
            raise ValueError(f"line {line}: {why}") from None
    soas = [r for r in records if r.rtype == rdata.SOA]
    if len(soas) != 1:
        raise ValueError(f"want one SOA, got {len(soas)}")
    apex = names.fold(soas[0].owner)
    for r in records:
        if not names.is_below(names.fold(r.owner), apex):
            raise ValueError(f"{b'.'.join(r.owner)} lies outside of the zone")
    return Zone(apex, records)


def read_record(owner, words, origin, ttl):
    words = list(words)
    for _ in range(2):  # TTL and class come in either order, and both may be missing
        if words[0].upper() == "IN":
            words.pop(0)
        elif words[0][0].isdigit():
            ttl = rdata.seconds(words.pop(0))
    word = words.pop(0).upper()
    if word.startswith("TYPE"):
        rtype = rdata.number(word[4:], 16)
    elif word in rdata.TYPES:
        rtype = rdata.TYPES[word]
    else:
        raise ValueError(f"unknown type {word}")
    if ttl is None:
        raise ValueError("no TTL: neither here nor by $TTL")
    return Record(owner, rtype, IN, ttl, rdata.from_text(rtype, words, origin))


class Zone:
    """The records of a zone at one time. A Zone never changes: an update makes another one, so that no question sees
    half of an update."""

    def __init__(self, apex, records):
        self.apex = apex
        self.records = []
        self.sets = {}  # folded name -> type -> records; a name that only stands above others has no types
        seen = set()
        for r in records:
            name = names.fold(r.owner)
            if (name, r.rtype, rdata.fold(r.data)) in seen:
                continue
            seen.add((name, r.rtype, rdata.fold(r.data)))
            same = self.sets.setdefault(name, {}).setdefault(r.rtype, [])
            if same:
                r = r._replace(ttl=same[0].ttl)  # one set, one TTL (RFC 2181 section 5.2)
            same.append(r)
            self.records.append(r)
            for i in range(1, len(name) - len(apex)):
                self.sets.setdefault(name[i:], {})
        self.soa = self.sets[apex][rdata.SOA][0]

    def get(self, name, rtype):
        return self.sets.get(name, {}).get(rtype, [])

    def serial(self):
        return struct.unpack("!I", self.soa.data[2][:4])[0]

    def negative_soa(self):
        """The SOA as negative answers have it: its TTL says how long they hold (RFC 2308 section 3)."""
        minimum = struct.unpack("!I", self.soa.data[2][16:])[0]
        return self.soa._replace(ttl=min(self.soa.ttl, minimum))

    def cut(self, name, rtype):
        """The highest delegation at or above a name, None when there is none."""
        for i in range(len(name) - len(self.apex) - 1, -1, -1):
            # DS is the one type that the side above a cut answers for.
            if self.get(name[i:], rdata.NS) and not (i == 0 and rtype == rdata.DS):
                return name[i:]
        return None

    def find(self, name):
        """The sets of a name, from a wildcard where the name does not exist (RFC 4592 section 3.3.1); None without."""
        if name in self.sets:
            return self.sets[name]
        while name not in self.sets:
            name = name[1:]  # ends at the closest encloser; the apex is always there
        return self.sets.get((b"*",) + name)
