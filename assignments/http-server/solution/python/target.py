"""Request targets: which file is meant, and what is asked of it."""

import re

from message import AUTHORITY, Refusal

ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
ABSOLUTE = re.compile(r"http://([^/?]+)(.*)", re.IGNORECASE | re.DOTALL)
FORBIDDEN = re.compile(r"[\x00-\x20\x7f#]")
PLAIN = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~")


class Target:
    """A path below the root, cut into decoded names (bytes), and a query."""

    def __init__(self, text):
        """Reads the origin form (/path?query) or the absolute form (http://host/path?query)."""
        if FORBIDDEN.search(text):
            raise ValueError("malformed target")
        if not text.startswith("/"):
            absolute = ABSOLUTE.fullmatch(text)
            if not absolute or absolute[1].startswith(":") or not AUTHORITY.fullmatch(absolute[1]):
                raise ValueError("want a path or an http URI")
            text = absolute[2]
        path, _, self.query = text.partition("?")
        self.names = []
        self.folder = True    # the path ends with a slash
        self.outside = False  # no file can be meant
        # Cut first, then decode, and decode once: %2F is a slash inside a name, and no file has such a name.
        for part in path.split("/"):
            name = unescape(part.encode("latin-1"))
            if b"\0" in name:
                raise ValueError("malformed path")
            self.folder = name in (b"", b".", b"..")
            if b"/" in name or (name == b".." and not self.names):
                self.outside = True
            elif name == b"..":
                self.names.pop()
            elif not self.folder:
                self.names.append(name)

    def path(self):
        """The names as an absolute path again, without a character that has a meaning of its own."""
        return "".join("/" + "".join(chr(c) if c in PLAIN else f"%{c:02X}" for c in name) for name in self.names)


def unescape(data):
    """Decodes %XX. ValueError when an escape is not whole."""
    def byte(match):
        if match[1] is None:
            raise ValueError("malformed escape")
        return bytes([int(match[1], 16)])
    return ESCAPE.sub(byte, data)
