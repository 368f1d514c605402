"""Domain names: tuples of labels, the root being (). A label is bytes; it may hold any byte, a dot too."""

import re

MAX_LABEL = 63
MAX_NAME = 255  # with the length bytes and the 0 at the end

PIECE = re.compile(r"\\([0-9]{3})|\\([^0-9])|([^\\])", re.DOTALL)


def pieces(text):
    """The characters of a token of a master file as (byte, escaped)."""
    at = 0
    while at < len(text):
        m = PIECE.match(text, at)
        if not m or (m[1] and int(m[1]) > 255):
            raise ValueError(f"broken escape in {text!r}")
        at = m.end()
        yield (int(m[1]) if m[1] else ord(m[2] or m[3])), m[3] is None


def unescape(text):
    return bytes(byte for byte, _ in pieces(text))


def from_text(text, origin):
    """A name as a master file writes it: @ is the origin, and what has no dot at its end is relative to it."""
    if text == "@":
        return origin
    if text == ".":
        return ()
    labels, label = [], bytearray()
    for byte, escaped in pieces(text):
        if byte == ord(".") and not escaped:
            labels.append(bytes(label))
            label = bytearray()
        else:
            label.append(byte)
    name = tuple(labels)
    if label:  # no dot at the end
        name = name + (bytes(label),) + origin
    if any(not 0 < len(part) <= MAX_LABEL for part in name) or wire_length(name) > MAX_NAME:
        raise ValueError(f"{text!r} is no name: labels have 1 to 63 bytes, a name at most 255")
    return name


def wire_length(name):
    return sum(len(label) + 1 for label in name) + 1


def fold(name):
    """What names are compared by: A to Z in small letters, and no other byte changed (RFC 4343)."""
    return tuple(label.lower() for label in name)


def is_below(name, zone):
    """Whether a folded name is zone or stands below it. Labels are compared, never the ends of strings."""
    return len(name) >= len(zone) and name[len(name) - len(zone):] == zone
