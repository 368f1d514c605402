"""Domain names: tuples of labels, the root being (). A label is bytes; it may hold any byte, a dot too."""

MAX_LABEL = 63
MAX_NAME = 255  # with the length bytes and the 0 at the end


def from_text(text):
    """A full name as the root hints have it."""
    return tuple(label.encode() for label in text.rstrip(".").split(".")) if text.strip(".") else ()


def fold(name):
    """What names are compared by: A to Z in small letters, and no other byte changed (RFC 4343)."""
    return tuple(label.lower() for label in name)


def is_below(name, zone):
    """Whether a folded name is zone or stands below it. Labels are compared, never the ends of strings."""
    return len(name) >= len(zone) and name[len(name) - len(zone):] == zone
