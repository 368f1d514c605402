"""Writes records as dig does (RFC 1035 section 5.1, RFC 3597 section 5)."""

import ipaddress

from message import A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV, TXT, LAYOUT, Malformed

TYPES = {"A": A, "NS": NS, "CNAME": CNAME, "SOA": SOA, "PTR": PTR, "MX": MX, "TXT": TXT, "AAAA": AAAA, "SRV": SRV,
         "CAA": CAA}
NAMES = {number: name for name, number in TYPES.items()}
CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
         8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE"}


def type_number(word):
    word = word.upper()
    if word in TYPES:
        return TYPES[word]
    digits = word.removeprefix("TYPE")
    if digits != word and digits.isascii() and digits.isdigit() and int(digits) < 65536:
        return int(digits)
    raise ValueError(f"{word!r} is no type: want one of {' '.join(TYPES)} or TYPE and a number")


def code(number):
    return CODES.get(number, f"RCODE{number}")


def escape(data, special):
    """Bytes as text: a special one has a backslash before it, and one that is not printable is its number."""
    out = ""
    for byte in data:
        if byte in special:
            out += "\\" + chr(byte)
        elif 32 <= byte < 127:
            out += chr(byte)
        else:
            out += f"\\{byte:03d}"
    return out


def name(labels):
    # A blank within a label is a number too, or the line would have one field more.
    return "".join(escape(label, b'.\\"();@$').replace(" ", "\\032") + "." for label in labels) or "."


def quoted(data):
    return '"' + escape(data, b'"\\') + '"'


def data(rtype, fields):
    if rtype in (A, AAAA):
        return str(ipaddress.ip_address(fields[0]))
    if rtype == TXT:
        return " ".join(quoted(s) for s in fields)
    if rtype == CAA:
        flags, rest = fields
        size = rest[0] if rest else 0
        if not 0 < size < len(rest):
            raise Malformed("CAA without a tag")
        return f"{flags} {escape(rest[1:1 + size], b'')} {quoted(rest[1 + size:])}"
    if rtype in LAYOUT:
        return " ".join(name(f) if isinstance(f, tuple) else str(f) for f in fields)
    raw = fields[0]
    return " ".join(["\\#", str(len(raw))] + [raw.hex()] * bool(raw))


def record(r):
    rclass = "IN" if r.rclass == 1 else f"CLASS{r.rclass}"
    return "\t".join([name(r.owner), str(r.ttl), rclass, NAMES.get(r.rtype, f"TYPE{r.rtype}"), data(r.rtype, r.data)])
