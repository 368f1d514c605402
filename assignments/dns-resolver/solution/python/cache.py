"""What is known, and for how long (RFC 2308, RFC 2181 section 5)."""

import struct
import time
from typing import NamedTuple

import names
from message import CNAME, DS, NXDOMAIN

LONGEST = 86400          # seconds that anything is kept
LONGEST_NEGATIVE = 3600  # and that something does not exist
ROOM = 50000             # entries


class Found(NamedTuple):
    """What a zone says about a name and a type: a set of records, an alias, or that there is nothing."""
    rcode: int
    records: list
    soa: object = None  # of a negative answer, where there was one

    def ttl(self):
        """How long it holds, and 0 when it must not be kept."""
        if self.records:
            return min(LONGEST, *(r.ttl for r in self.records))
        return min(LONGEST_NEGATIVE, self.soa.ttl) if self.soa else 0

    def aged(self, seconds):
        """The same, so many seconds later."""
        def older(r):
            return r._replace(ttl=max(0, r.ttl - seconds))
        return Found(self.rcode, [older(r) for r in self.records], older(self.soa) if self.soa else None)


def negative_soa(soa):
    """An SOA as negative answers have it: its TTL is how long they hold (RFC 2308 section 5)."""
    return soa._replace(ttl=min(soa.ttl, struct.unpack("!I", soa.data[2][16:])[0]))


class Zone(NamedTuple):
    """A zone and its servers: name of a server -> addresses that came with the delegation. They lead on, and are no
    answer to anybody (RFC 2181 section 5.4.1)."""
    name: tuple
    servers: dict


class Cache:
    def __init__(self, root):
        self.root = root
        self.entries = {}  # (name, type, or None for all types) -> (since, ttl, Found)
        self.zones = {}    # name -> (since, ttl, Zone)

    def put(self, name, rtype, found):
        if found.records:
            rtype = found.records[0].rtype
        elif found.rcode == NXDOMAIN:
            rtype = None
        keep(self.entries, (name, rtype), found.ttl(), found)

    def put_zone(self, zone, ttl):
        keep(self.zones, zone.name, min(ttl, LONGEST), zone)

    def get(self, name, rtype):
        """What is known of a folded name and a type, None when nothing is."""
        for key in ((name, rtype), (name, CNAME)):
            found = alive(self.entries, key)
            # What is known of CNAME is an alias for all types, but that there is none is not.
            if found and (found[1].records or key[1] == rtype):
                return found[1].aged(found[0])
        for i in range(len(name) + 1):
            # Below a name that does not exist there is none (RFC 8020).
            found = alive(self.entries, (name[i:], None))
            if found:
                return found[1].aged(found[0])
        return None

    def closest(self, name, rtype):
        """The lowest zone above a name whose servers are known."""
        # DS is the one type that the side above a cut answers for.
        for i in range(1 if rtype == DS else 0, len(name)):
            found = alive(self.zones, name[i:])
            if found:
                return found[1]
        return self.root


def keep(table, key, ttl, value):
    if ttl <= 0:
        return
    table.pop(key, None)  # what is new goes to the end
    table[key] = (time.monotonic(), ttl, value)
    if len(table) > ROOM:
        del table[next(iter(table))]


def alive(table, key):
    """What is kept under a key and its age in whole seconds, None once its time has passed."""
    if key not in table:
        return None
    since, ttl, value = table[key]
    age = time.monotonic() - since
    if age >= ttl:
        del table[key]
        return None
    return int(age), value
