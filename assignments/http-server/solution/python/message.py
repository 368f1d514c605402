"""Reads requests off a connection: lines, fields, bodies (RFC 9112)."""

import re
import socket

MAX_LINE = 8192      # bytes of one line; a target of 8,000 bytes fits
MAX_FIELDS = 8192    # bytes of all field lines of a head, or of a trailer section
MAX_BODY = 64 << 20  # bytes of a body

TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+\-.^_`|~]+")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
VERSION = re.compile(r"HTTP/([0-9])\.([0-9])")
DIGITS = re.compile(r"[0-9]+")
HEX = re.compile(r"[0-9A-Fa-f]+")
AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-fvV:.]+\]|[0-9A-Za-z\-._~!$&'()*+,;=%]*)(?::[0-9]*)?")


class Refusal(Exception):
    """A request that cannot be carried out, and whose connection cannot go on."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status
        self.why = why


class Source:
    """The bytes of a connection, read in any pieces and given out as lines and counted bytes."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()  # what was read too far: the start of the next request

    def fill(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise EOFError
        self.buffer += piece

    def line(self, too_long):
        """One line without its CRLF; one longer than MAX_LINE is refused with the status too_long."""
        start = 0
        while True:
            end = self.buffer.find(b"\n", start, MAX_LINE)
            if end >= 0:
                break
            if len(self.buffer) >= MAX_LINE:
                raise Refusal(too_long, "line too long")
            start = len(self.buffer)
            self.fill()
        # latin-1 gives each byte the character of its number, so nothing is lost and nothing can fail.
        line = self.buffer[:end].decode("latin-1")
        del self.buffer[:end + 1]
        if not line.endswith("\r"):
            raise Refusal(400, "a line ends with CRLF")
        if "\r" in line[:-1]:
            raise Refusal(400, "CR inside a line")
        return line[:-1]

    def some(self, most):
        """At least one byte and no more than most."""
        if not self.buffer:
            self.fill()
        piece = bytes(self.buffer[:most])
        del self.buffer[:len(piece)]
        return piece


class Request:
    """One request. Of one that is refused it holds what was understood: the answer to HEAD has no content even then."""

    def __init__(self):
        self.method = ""
        self.target = ""
        self.minor = 0          # of HTTP/1.minor
        self.fields = {}        # lists of values by name in lower case
        self.close = True       # the client wants no further answer, or cannot get one
        self.expects = False    # the client waits for a 100 before it sends its body
        self.pieces = iter(())  # the body, as an iterator of bytes

    def values(self, name):
        return self.fields.get(name, [])

    def has_token(self, name, token):
        return token in (element.lower() for element in elements(self.values(name)))

    def finish(self):
        """Reads what the answer left of the body, for the next request stands behind it."""
        if self.expects:
            return False  # without a 100 the client may send the body or not
        for _ in self.pieces:
            pass
        return True


def elements(values):
    """The elements of a field that is a list, without empty ones. It knows no quoted strings."""
    return [e for e in (e.strip(" \t") for e in ",".join(values).split(",")) if e]


def read_request(source, request):
    """Reads a head into request and prepares its body."""
    read_request_line(source, request)
    request.fields = read_fields(source)
    hosts = request.values("host")
    if len(hosts) > 1 or (not hosts and request.minor > 0):
        raise Refusal(400, "want exactly one Host field")
    if hosts and not AUTHORITY.fullmatch(hosts[0]):
        raise Refusal(400, "malformed Host")
    prepare_body(source, request)
    request.close = request.minor == 0 or request.has_token("connection", "close")


def read_request_line(source, request):
    for _ in range(8):  # empty lines before a request are skipped (RFC 9112 section 2.2), but not for ever
        line = source.line(414)
        if line:
            break
    parts = line.split(" ")
    if len(parts) != 3 or not TOKEN.fullmatch(parts[0]) or not parts[1]:
        raise Refusal(400, "want a request line: method, target, version, one space between")
    version = VERSION.fullmatch(parts[2])
    if not version:
        raise Refusal(400, "malformed version")
    request.method, request.target, request.minor = parts[0], parts[1], int(version[2])
    if version[1] != "1":
        raise Refusal(505, "this server speaks HTTP/1.1")


def read_fields(source):
    """The field lines up to the empty line."""
    fields = {}
    size = 0
    while True:
        line = source.line(431)
        if not line:
            return fields
        size += len(line) + 2
        if size > MAX_FIELDS:
            raise Refusal(431, "head too large")
        # A name is a token, so neither a space before the colon nor a folded line gets through.
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name):
            raise Refusal(400, "malformed field line")
        if CONTROL.search(value):
            raise Refusal(400, "control character in a field")
        fields.setdefault(name.lower(), []).append(value.strip(" \t"))


def prepare_body(source, request):
    """Finds out how the body ends (RFC 9112 section 6.3).

    Whatever two readers could understand in two ways is refused, as one of them may stand in front of this server.
    """
    lengths, codings = request.values("content-length"), request.values("transfer-encoding")
    if codings and lengths:
        raise Refusal(400, "both Content-Length and Transfer-Encoding")
    if codings:
        if request.minor == 0:
            raise Refusal(400, "Transfer-Encoding in HTTP/1.0")
        names = [name.lower() for name in elements(codings)]
        if any(name != "chunked" for name in names):
            raise Refusal(501, "unknown transfer coding")
        if len(names) != 1:
            raise Refusal(400, "want chunked once")
        body = chunked_body(source)
    elif lengths:
        if len(lengths) != 1 or not DIGITS.fullmatch(lengths[0]):
            raise Refusal(400, "malformed Content-Length")
        # A long row of digits is too much before it is a number: converting it would take its time.
        if len(lengths[0]) > 18 or int(lengths[0]) > MAX_BODY:
            raise Refusal(413, "body too large")
        if int(lengths[0]) == 0:
            return
        body = counted(source, int(lengths[0]))
    else:
        return
    request.expects = request.minor > 0 and request.has_token("expect", "100-continue")
    request.pieces = whole_body(source, request, body)


def whole_body(source, request, body):
    """The pieces of a body, after the 100 that the client may be waiting for. A body that ends early is refused."""
    if request.expects:
        request.expects = False
        if not source.buffer:
            source.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        yield from body
    except EOFError:
        raise Refusal(400, "the body ends early") from None
    except socket.timeout:
        raise Refusal(408, "the body does not go on") from None


def counted(source, left):
    while left > 0:
        piece = source.some(left)
        left -= len(piece)
        yield piece


def chunked_body(source):
    """The data of the chunks; their extensions and the trailer section are dropped."""
    total = 0
    while True:
        digits, extended, _ = source.line(400).partition(";")
        if extended:
            digits = digits.rstrip(" \t")
        if not HEX.fullmatch(digits):
            raise Refusal(400, "malformed chunk size")
        size = int(digits, 16)
        total += size
        if total > MAX_BODY:
            raise Refusal(413, "body too large")
        if size == 0:
            read_fields(source)
            return
        yield from counted(source, size)
        if source.line(400):
            raise Refusal(400, "chunk longer than its size")
