"""Answers queries (RFC 1034 section 4.3.2)."""

import names
import rdata
from message import ANY, FORMERR, IN, NXDOMAIN, REFUSED, Reply

AXFR, IXFR = 252, 251
NAMED = {rdata.NS: 0, rdata.MX: 1, rdata.SRV: 1}  # which part of the data is a name whose addresses are useful


def answer(zone, request):
    if len(request.questions) != 1:
        request.questions = []
        return Reply(request, FORMERR)
    q = request.questions[0]
    name = names.fold(q.name)
    reply = Reply(request)
    if q.rclass not in (IN, ANY) or q.rtype in (AXFR, IXFR) or not names.is_below(name, zone.apex):
        reply.rcode = REFUSED
        return reply
    reply.aa = True
    follow(zone, q, reply)
    if q.rclass == ANY:
        reply.aa = False  # there may be data of other classes elsewhere (RFC 1035 section 6.2)
    add_addresses(zone, reply)
    return reply


def follow(zone, q, reply):
    """Looks the name up, and where it is an alias the name it stands for, until there is an answer."""
    shown, seen = q.name, set()
    while True:
        name = names.fold(shown)
        if name in seen or not names.is_below(name, zone.apex):
            return  # a circle, or somebody else's name: the aliases so far are the answer
        seen.add(name)
        cut = zone.cut(name, q.rtype)
        if cut is not None:
            refer(zone, cut, reply)
            return
        sets = zone.find(name)
        if sets is None:
            reply.rcode = NXDOMAIN
            reply.authority.append(zone.negative_soa())
            return
        alias = sets.get(rdata.CNAME)
        if alias and q.rtype not in (rdata.CNAME, rdata.ANY):
            reply.answer.append(alias[0]._replace(owner=shown))
            shown = alias[0].data[0]
            continue
        if q.rtype == rdata.ANY:
            found = [r for records in sets.values() for r in records]
        else:
            found = sets.get(q.rtype, [])
        # The owner is the name as it was asked: of a wildcard too.
        reply.answer += [r._replace(owner=shown) for r in found]
        if not found:
            reply.authority.append(zone.negative_soa())
        return


def refer(zone, cut, reply):
    """Names the servers of the zone below a cut, and the addresses of those that stand in this zone's file."""
    if not reply.answer:
        reply.aa = False  # the aliases of an answer are ours, a referral alone is not
    reply.authority += zone.get(cut, rdata.NS)
    for r in zone.get(cut, rdata.NS):
        reply.glue += addresses(zone, r.data[0])


def addresses(zone, name):
    name = names.fold(name)
    return zone.get(name, rdata.A) + zone.get(name, rdata.AAAA)


def add_addresses(zone, reply):
    """Adds what the client would ask for next."""
    there = {(names.fold(r.owner), r.rtype, r.data) for r in reply.answer + reply.glue}
    for r in reply.answer:
        if r.rtype not in NAMED:
            continue
        target = r.data[NAMED[r.rtype]]
        if zone.cut(names.fold(target), rdata.A) is not None and r.rtype != rdata.NS:
            continue
        for more in addresses(zone, target):
            mark = (names.fold(more.owner), more.rtype, more.data)
            if mark not in there:
                there.add(mark)
                reply.additional.append(more)
