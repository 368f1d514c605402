"""Goes the way from the root to the answer (RFC 1034 section 5.3.3)."""

import random
import time

import names
import upstream
from cache import Cache, Found, Zone, negative_soa
from message import A, CNAME, IN, NOERROR, NS, NXDOMAIN, SOA, Question

WAITS = (0.8, 1.6)      # seconds that a server is given, the first time and the second
TIME = 8.0              # seconds for one question of a client
QUESTIONS = 100         # upstream, for one question of a client
ALIASES = 16            # in a row
CUTS = 30               # on the way down
PENALTY = 10.0          # seconds that a silent server is asked after the others


class Failed(Exception):
    """Nobody could tell: SERVFAIL."""


class Work:
    """What one question of a client may cost."""

    def __init__(self, questions=QUESTIONS):
        self.end = time.monotonic() + TIME
        self.questions = questions
        self.servers = set()  # whose addresses are looked for: who needs itself is no help

    def pay(self, wait):
        """How long the next question may be waited for."""
        self.questions -= 1
        left = self.end - time.monotonic()
        if self.questions < 0 or left <= 0:
            raise Failed("too much work")
        return min(wait, left)


class Resolver:
    def __init__(self, root):
        self.cache = Cache(root)
        self.silent = {}  # address -> until when it counts as silent

    async def resolve(self, name, rtype, work):
        """The answer to a question: the aliases, and what the last of them leads to."""
        chain, seen = [], set()
        while True:
            key = names.fold(name)
            if key in seen or len(seen) > ALIASES:
                raise Failed("aliases without an end")
            seen.add(key)
            found = self.cache.get(key, rtype) or await self.iterate(name, rtype, work)
            # The owner is the name as it was asked, whatever case it was learnt in.
            chain += [r._replace(owner=name) for r in found.records]
            if rtype == CNAME or not found.records or found.records[0].rtype != CNAME:
                return Found(found.rcode, chain, found.soa)
            name = chain[-1].data[0]

    async def iterate(self, name, rtype, work):
        key = names.fold(name)
        zone = self.cache.closest(key, rtype)
        for _ in range(CUTS):
            got = await self.ask_zone(zone, Question(name, rtype), work)
            if isinstance(got, Found):
                self.cache.put(key, rtype, got)
                return got
            zone = got
        raise Failed("too many delegations")

    async def ask_zone(self, zone, question, work):
        """What a zone says: something found, or the zone below that knows more."""
        async for address, wait, useless in self.addresses(zone, work):
            reply = await upstream.ask(address, question, work.pay(wait))
            if reply is None:
                self.silent[address] = time.monotonic() + PENALTY
                continue
            self.silent.pop(address, None)
            got = self.understand(reply, zone, question)
            if got is not None:
                return got
            useless.add(address)  # it has answered, and would say the same again
        raise Failed(f"no server of {zone.name} helps")

    async def addresses(self, zone, work):
        """The addresses of a zone's servers, those first that are known and answer; then all but the useless once more."""
        useless, known = set(), []
        for server, glue in zone.servers.items():
            found = self.cache.get(server, A)
            known += glue or ([r.data[0] for r in found.records if r.rtype == A] if found else [])
        known = [dotted(a) for a in dict.fromkeys(known)]
        random.shuffle(known)
        known.sort(key=lambda a: self.silent.get(a, 0) > time.monotonic())
        for address in known:
            yield address, WAITS[0], useless
        for server in random.sample(list(zone.servers), len(zone.servers)):
            for address in await self.look_for(server, zone.servers[server], work):
                if address not in known:
                    known.append(address)
                    yield address, WAITS[0], useless
        for wait in WAITS[1:]:
            for address in known:
                if address not in useless:
                    yield address, wait, useless

    async def look_for(self, server, glue, work):
        """The addresses of a server whose delegation came without."""
        if glue or server in work.servers:
            return []
        work.servers.add(server)
        try:
            found = await self.resolve(server, A, work)
            return [dotted(r.data[0]) for r in found.records if r.rtype == A]
        except Failed:
            return []
        finally:
            work.servers.discard(server)

    def understand(self, reply, zone, question):
        """What a reply says, None when it is no help. Nothing counts that the zone has no say in: names outside of it are
        dropped, in whatever section they come (RFC 5452 section 6)."""
        name = names.fold(question.name)
        if reply.rcode not in (NOERROR, NXDOMAIN):
            return None
        for rtype in (question.rtype, CNAME):
            records = [r for r in reply.answer if (names.fold(r.owner), r.rtype, r.rclass) == (name, rtype, IN)]
            if records:
                ttl = min(r.ttl for r in records)  # one set, one TTL
                return Found(NOERROR, list(dict.fromkeys(r._replace(owner=question.name, ttl=ttl) for r in records)))
        for r in reply.authority:
            owner = names.fold(r.owner)
            if r.rtype == SOA and names.is_below(name, owner) and names.is_below(owner, zone.name):
                return Found(reply.rcode, [], negative_soa(r))
        if reply.rcode == NXDOMAIN:
            return Found(NXDOMAIN, [])
        return self.referral(reply, zone, name)

    def referral(self, reply, zone, name):
        """The zone that a reply refers to: closer to the name than this one, or it would lead round in circles."""
        cut, servers, ttl = None, {}, 0
        for r in reply.authority:
            owner = names.fold(r.owner)
            closer = len(owner) > len(zone.name) and names.is_below(owner, zone.name) and names.is_below(name, owner)
            if r.rtype == NS and closer and cut in (None, owner):
                ttl = min(ttl, r.ttl) if servers else r.ttl
                cut = owner
                servers[names.fold(r.data[0])] = []
        for r in reply.additional:
            owner = names.fold(r.owner)
            if r.rtype == A and owner in servers and names.is_below(owner, zone.name) and len(r.data[0]) == 4:
                servers[owner].append(r.data[0])
                ttl = min(ttl, r.ttl)
        if cut is None:
            return None
        below = Zone(cut, servers)
        self.cache.put_zone(below, ttl)
        return below


def dotted(address):
    return ".".join(str(b) for b in address)


def root_from(hints):
    """The root and its servers, from the text of a file with hints."""
    servers, addresses = [], {}
    for line in hints.splitlines():
        words = line.split(";")[0].upper().split()
        for rtype in ("NS", "A"):
            if rtype not in words[1:-1]:
                continue
            if rtype == "NS":
                servers.append(names.fold(names.from_text(words[-1])))
            else:
                owner = names.fold(names.from_text(words[0]))
                addresses.setdefault(owner, []).append(bytes(int(b) for b in words[-1].split(".")))
            break
    if not any(s in addresses for s in servers):
        raise ValueError("no server with an address")
    return Zone((), {s: addresses.get(s, []) for s in servers})
