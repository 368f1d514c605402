"""Changes the zone (RFC 2136): all of a message or nothing of it."""

import struct

import names
import rdata
from message import (ANY, FORMERR, IN, NOERROR, NONE, NOTAUTH, NOTZONE, NXDOMAIN, NXRRSET, YXDOMAIN, YXRRSET, Record)
from zone import Zone


class Refused(Exception):
    def __init__(self, rcode):
        super().__init__(rcode)
        self.rcode = rcode


def update(zone, request):
    """Gives the code of the reply and the zone from now on."""
    if len(request.questions) != 1 or request.questions[0].rtype != rdata.SOA:
        return FORMERR, zone
    q = request.questions[0]
    if names.fold(q.name) != zone.apex or q.rclass != IN:
        return NOTAUTH, zone
    try:
        require(zone, request.sections[0])
        prescan(zone, request.sections[1])
    except Refused as no:
        return no.rcode, zone
    change = Change(zone)
    for r in request.sections[1]:
        change.apply(r)
    return NOERROR, change.result()


def lacks_data(r):
    return not r.data and r.rtype in rdata.LAYOUT


def require(zone, prerequisites):
    """Section 3.2: what the client says about the zone must be true."""
    wanted = {}  # sets that must be there with exactly these values
    for r in prerequisites:
        name = names.fold(r.owner)
        sets = zone.sets.get(name, {})
        if r.ttl != 0:
            raise Refused(FORMERR)
        if not names.is_below(name, zone.apex):
            raise Refused(NOTZONE)
        if r.rclass == IN:
            if lacks_data(r):
                raise Refused(FORMERR)
            wanted.setdefault((name, r.rtype), set()).add(rdata.fold(r.data))
            continue
        if r.data or r.rclass not in (ANY, NONE):
            raise Refused(FORMERR)
        if r.rtype == rdata.ANY:
            there, yes, no = bool(sets), YXDOMAIN, NXDOMAIN
        else:
            there, yes, no = r.rtype in sets, YXRRSET, NXRRSET
        if there and r.rclass == NONE:
            raise Refused(yes)
        if not there and r.rclass == ANY:
            raise Refused(no)
    for (name, rtype), values in wanted.items():
        if values != {rdata.fold(r.data) for r in zone.get(name, rtype)}:
            raise Refused(NXRRSET)


def prescan(zone, updates):
    """Section 3.4.1: looks at all changes before the first is made."""
    for r in updates:
        if not names.is_below(names.fold(r.owner), zone.apex):
            raise Refused(NOTZONE)
        question_only = r.rtype == rdata.OPT or 128 <= r.rtype <= 255  # types that no record can have
        if r.rclass == IN:
            good = not question_only and not lacks_data(r)
        elif r.rclass == ANY:
            good = r.ttl == 0 and not r.data and (r.rtype == rdata.ANY or not question_only)
        else:
            good = r.rclass == NONE and r.ttl == 0 and not question_only and not lacks_data(r)
        if not good:
            raise Refused(FORMERR)


def same(a, b):
    return a.rtype == b.rtype and names.fold(a.owner) == names.fold(b.owner)


class Change:
    """The records of a zone while an update is made (section 3.4.2)."""

    def __init__(self, zone):
        self.zone = zone
        self.records = list(zone.records)
        self.changed = False

    def apply(self, r):
        if r.rclass == IN:
            self.add(r._replace(ttl=0 if r.ttl >> 31 else r.ttl))  # a negative TTL counts as 0 (RFC 2181 section 8)
        elif r.rclass == ANY:
            self.delete_set(r)
        else:
            self.delete_one(r)

    def keep(self, which):
        kept = [o for o in self.records if which(o)]
        self.changed = self.changed or len(kept) < len(self.records)
        self.records = kept

    def delete_set(self, r):
        name = names.fold(r.owner)
        # A zone keeps its SOA and its servers, whatever is deleted.
        spared = (rdata.SOA, rdata.NS) if name == self.zone.apex else ()
        self.keep(lambda o: names.fold(o.owner) != name or o.rtype in spared or r.rtype not in (o.rtype, rdata.ANY))

    def delete_one(self, r):
        if r.rtype == rdata.SOA:
            return
        at_apex = names.fold(r.owner) == self.zone.apex
        if at_apex and r.rtype == rdata.NS and sum(same(o, r) for o in self.records) == 1:
            return  # the last server stays
        data = rdata.fold(r.data)
        self.keep(lambda o: not same(o, r) or rdata.fold(o.data) != data)

    def add(self, r):
        name = names.fold(r.owner)
        types = {o.rtype for o in self.records if names.fold(o.owner) == name}
        if r.rtype == rdata.CNAME and types - {rdata.CNAME} or r.rtype != rdata.CNAME and rdata.CNAME in types:
            return  # an alias has no other data
        if r.rtype == rdata.SOA:
            if name != self.zone.apex or not newer(serial(r), serial(self.soa())):
                return
        replaces = r.rtype in (rdata.SOA, rdata.CNAME)
        data, done, records = rdata.fold(r.data), False, []
        for o in self.records:
            if same(o, r):
                if replaces or rdata.fold(o.data) == data:
                    o, done = r, True
                else:
                    o = o._replace(ttl=r.ttl)  # one set, one TTL
            records.append(o)
        if not done:
            records.append(r)
        self.changed = self.changed or records != self.records
        self.records = records

    def soa(self):
        return next(o for o in self.records if o.rtype == rdata.SOA)

    def result(self):
        """The zone after the update. Whoever copies the zone sees by a higher serial that it has changed (3.6)."""
        if not self.changed:
            return self.zone
        soa = self.soa()
        if serial(soa) == self.zone.serial():
            after = (serial(soa) + 1) % 2**32 or 1
            data = soa.data[:2] + (struct.pack("!I", after) + soa.data[2][4:],)
            self.records[self.records.index(soa)] = soa._replace(data=data)
        return Zone(self.zone.apex, self.records)


def serial(soa: Record):
    return struct.unpack("!I", soa.data[2][:4])[0]


def newer(a, b):
    """Serials go round: 1 is newer than 4294967295 (RFC 1982)."""
    return 0 < (a - b) % 2**32 < 2**31
