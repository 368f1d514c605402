"""The data of records: from a master file, from a message, and what two of them are compared by.

Data is a tuple of parts: bytes as they go over the wire, or a name. Names are kept apart because they are written
compressed (RFC 1035 section 4.1.4) and compared without regard to case.
"""

import ipaddress
import struct

import names

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, OPT, DS, ANY, CAA = 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 43, 255, 257
TYPES = {"A": A, "NS": NS, "CNAME": CNAME, "SOA": SOA, "PTR": PTR, "MX": MX, "TXT": TXT, "AAAA": AAAA, "SRV": SRV,
         "CAA": CAA}

# What data is made of: a number is that many bytes. Types that are not here are bytes without a meaning (RFC 3597).
NAME, STRINGS, TAGGED = "name", "strings", "tagged"
LAYOUT = {A: (4,), AAAA: (16,), NS: (NAME,), CNAME: (NAME,), PTR: (NAME,), MX: (2, NAME), SOA: (NAME, NAME, 20),
          SRV: (6, NAME), TXT: (STRINGS,), CAA: (1, TAGGED)}

# Only the types of RFC 1035 may have compressed names: older software does not know where the names of others are.
COMPRESSED = {NS, CNAME, PTR, MX, SOA}

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def fold(data):
    """What data is compared by."""
    return tuple(names.fold(part) if isinstance(part, tuple) else part for part in data)


def number(text, bits):
    if not text.isascii() or not text.isdigit() or int(text) >> bits:
        raise ValueError(f"{text!r} is no number of {bits} bits")
    return int(text)


def seconds(text):
    """A time to live: 3600, 1h, 1h30m."""
    total, digits = 0, ""
    for letter in text.lower():
        if letter.isdigit():
            digits += letter
        elif digits and letter in UNITS:
            total, digits = total + int(digits) * UNITS[letter], ""
        else:
            raise ValueError(f"{text!r} is no time")
    return number(str(total + int(digits or 0)), 31)


def string(text):
    """A character string: a length byte, and the bytes."""
    value = names.unescape(text)
    if len(value) > 255:
        raise ValueError("a string has at most 255 bytes")
    return bytes([len(value)]) + value


def from_text(rtype, words, origin):
    """The data of a record of a master file."""
    if words[:1] == [r"\#"]:
        raw = bytes.fromhex("".join(words[2:]))
        if len(words) < 2 or number(words[1], 16) != len(raw):
            raise ValueError(r"after \# comes the number of bytes, then the bytes")
        return from_wire(rtype, Bytes(raw), len(raw)) if rtype in LAYOUT else (raw,)
    if rtype == TXT and words:
        return (b"".join(string(word) for word in words),)
    wanted = {A: 1, AAAA: 1, NS: 1, CNAME: 1, PTR: 1, MX: 2, SRV: 4, CAA: 3, SOA: 7}.get(rtype)
    if len(words) != wanted:
        raise ValueError(f"want {wanted} fields, got {len(words)}")
    if rtype == A:
        return (ipaddress.IPv4Address(words[0]).packed,)
    if rtype == AAAA:
        return (ipaddress.IPv6Address(words[0]).packed,)
    if rtype == MX:
        return (struct.pack("!H", number(words[0], 16)), names.from_text(words[1], origin))
    if rtype == SRV:
        return (struct.pack("!3H", *(number(w, 16) for w in words[:3])), names.from_text(words[3], origin))
    if rtype == CAA:
        return (bytes([number(words[0], 8)]), string(words[1]) + names.unescape(words[2]))
    if rtype == SOA:
        times = [seconds(word) for word in words[3:]]
        return (names.from_text(words[0], origin), names.from_text(words[1], origin),
                struct.pack("!5I", number(words[2], 32), *times))
    return (names.from_text(words[0], origin),)


class Bytes:
    """Data without a message around it: what message.Reader does, without names."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        if self.at > len(self.data):
            raise ValueError("data too short")
        return self.data[self.at - n:self.at]

    def name(self):
        raise ValueError("want the usual form of this type")


def from_wire(rtype, reader, length):
    """Data from a message; the names in it may point to anywhere before them."""
    end = reader.at + length
    parts = []
    for field in LAYOUT.get(rtype, (length,)):
        if field == NAME:
            parts.append(reader.name())
        elif field == STRINGS:
            parts.append(strings(reader.take(length)))
        elif field == TAGGED:
            rest = reader.take(end - reader.at)
            if len(rest) < 2 or not 0 < rest[0] < len(rest):
                raise ValueError("CAA without a tag")
            parts.append(rest)
        else:
            parts.append(reader.take(field))
    if reader.at != end:
        raise ValueError("data is not as long as RDLENGTH says")
    return tuple(parts)


def strings(data):
    """Looks whether data is one string after the other, up to its end."""
    at = 0
    while at < len(data):
        at += 1 + data[at]
    if at != len(data) or not data:
        raise ValueError("strings do not fill the data")
    return data
