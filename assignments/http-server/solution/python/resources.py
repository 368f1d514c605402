"""What is served: the files below a root, and /form."""

import errno
import os
import stat
import threading
import time

from conditional import Validators, http_date, precondition
from target import Target, unescape

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
FORM_TYPE = "application/x-www-form-urlencoded"
UPLOAD = b".upload-"  # starts the name of a file that is still being received; such names are not served

# A table of our own: what the module mimetypes says depends on the machine.
TYPES = {
    b".css": "text/css; charset=utf-8", b".csv": "text/csv; charset=utf-8", b".gif": "image/gif",
    b".htm": "text/html; charset=utf-8", b".html": "text/html; charset=utf-8", b".ico": "image/vnd.microsoft.icon",
    b".jpeg": "image/jpeg", b".jpg": "image/jpeg", b".js": "text/javascript; charset=utf-8",
    b".json": "application/json", b".md": "text/markdown; charset=utf-8", b".mjs": "text/javascript; charset=utf-8",
    b".mp3": "audio/mpeg", b".mp4": "video/mp4", b".pdf": "application/pdf", b".png": "image/png",
    b".svg": "image/svg+xml", b".txt": "text/plain; charset=utf-8", b".wasm": "application/wasm",
    b".webp": "image/webp", b".woff2": "font/woff2", b".xml": "application/xml", b".zip": "application/zip",
}


class Response:
    """An answer whose Date, Content-Length and Connection are added as it is sent.

    Its content is body, or the first size bytes of file.
    """

    def __init__(self, status, fields=(), body=b"", file=None, size=0):
        self.status = status
        self.fields = list(fields)
        self.body = body
        self.file = file
        self.size = size

    def length(self):
        return self.size if self.file else len(self.body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.file:
            self.file.close()


def text_response(status, text, *fields):
    """A short answer for people to read. It repeats nothing that the client sent."""
    return Response(status, fields + ("Content-Type: text/plain; charset=utf-8",), text.encode("ascii") + b"\n")


def not_allowed(allow):
    return text_response(405, "not allowed here", "Allow: " + allow)


def failed(err):
    """The answer to an error of the file system: most say that there is no such file."""
    if err.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return text_response(403, "forbidden")
    if err.errno in (errno.ENOSPC, errno.EDQUOT):
        return text_response(507, "no space left")
    if err.errno in (errno.EIO, errno.EMFILE, errno.ENFILE):
        return text_response(500, "the server cannot read its files")
    return text_response(404, "no such file")


class Site:
    """The files below a folder. Names are bytes throughout: a path need not be UTF-8."""

    def __init__(self, root):
        self.root = os.path.realpath(os.fsencode(root))
        if not os.path.isdir(self.root):
            raise SystemExit(f"server: ROOT {root} is no folder")
        self.uploads = 0
        self.lock = threading.Lock()

    def answer(self, request):
        """Carries out one request."""
        if request.method not in METHODS:  # a method is case-sensitive: get is not GET
            return text_response(501, "unknown method")
        try:
            target = Target(request.target)
        except ValueError as err:
            return text_response(400, str(err))
        if target.outside:
            return text_response(404, "no such file")
        if request.method not in ("PUT", "POST"):
            # The body means nothing here, but a request that is broken in it is not carried out.
            for _ in request.pieces:
                pass
        if target.names == [b"form"] and not target.folder:
            return answer_form(request, target)
        try:
            path = self.locate(target.names)
            if request.method == "PUT":
                return self.put(request, target, path)
            if request.method == "DELETE":
                return self.delete(request, target, path)
            if request.method == "POST":
                return not_allowed("GET, HEAD, PUT, DELETE")
            return self.get(request, target, path)
        except FileError as err:
            return failed(err.cause)

    def locate(self, names):
        """The path of a file, which is inside the root also when links are followed."""
        path = os.path.join(self.root, *names)
        real = os.path.realpath(path)
        # With the slash: /srv/www-old starts with /srv/www but is not inside it.
        inside = real == self.root or real.startswith(self.root.rstrip(b"/") + b"/")
        if not inside or any(name.startswith(UPLOAD) for name in names):
            raise FileError(OSError(errno.ENOENT, "outside"))
        return path

    def get(self, request, target, path):
        """Answers GET and HEAD."""
        found = look(path)
        if stat.S_ISDIR(found.st_mode) and not target.folder:
            query = "?" + target.query if target.query else ""
            # The query is the client's own text; as a field it must be ASCII.
            location = (target.path() + "/" + query).encode("latin-1")
            location = "".join(chr(c) if c < 128 else f"%{c:02X}" for c in location)
            return text_response(301, "it is a folder", "Location: " + location)
        if target.folder:
            if not stat.S_ISDIR(found.st_mode):
                return text_response(404, "no such file")
            path = self.locate(target.names + [b"index.html"])
            found = look(path)
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for its writer
            return text_response(404, "no such file")
        file = attempt(open, path, "rb")
        found = os.fstat(file.fileno())
        version = Validators(found, time.time())
        fields = ["Last-Modified: " + http_date(version.modified), "ETag: " + version.etag]
        status = precondition(request, version)
        if status:
            file.close()
            return Response(status, fields)
        extension = os.path.splitext(path)[1].lower()
        fields.append("Content-Type: " + TYPES.get(extension, "application/octet-stream"))
        return Response(200, fields, file=file, size=found.st_size)

    def put(self, request, target, path):
        """Stores the body.

        The file appears when it is whole: readers see the old one or the new one, and an upload that breaks off leaves
        the old one.
        """
        if request.values("content-range"):
            return text_response(400, "a part cannot be stored")
        try:
            found = look(path)
        except FileError:
            found = None
        if target.folder or (found and stat.S_ISDIR(found.st_mode)):
            return not_allowed("GET, HEAD")
        if found and not stat.S_ISREG(found.st_mode):
            return text_response(403, "forbidden")
        if not os.path.isdir(os.path.dirname(path)):
            return text_response(409, "no such folder")
        status = precondition(request, found and Validators(found, time.time()))
        if status:
            return text_response(status, "precondition failed")

        with self.lock:
            self.uploads += 1
            upload = os.path.join(self.root, UPLOAD + b"%d-%d" % (os.getpid(), self.uploads))
        try:
            with attempt(open, upload, "xb") as file:
                for piece in request.pieces:
                    attempt(file.write, piece)
                attempt(file.flush)
            attempt(os.replace, upload, path)
        except BaseException:
            if os.path.exists(upload):
                os.remove(upload)
            raise
        if found:
            return Response(204)
        return text_response(201, "created", "Location: " + target.path())

    def delete(self, request, target, path):
        """Removes a file, never a folder."""
        found = look(path)
        if stat.S_ISDIR(found.st_mode):
            return not_allowed("GET, HEAD")
        if target.folder:
            return text_response(404, "no such file")
        status = precondition(request, Validators(found, time.time()))
        if status:
            return text_response(status, "precondition failed")
        attempt(os.remove, path)
        return Response(204)


class FileError(Exception):
    """An error of the file system, kept apart from those of the connection, which are OSErrors as well."""

    def __init__(self, cause):
        super().__init__(str(cause))
        self.cause = cause


def attempt(call, *args):
    try:
        return call(*args)
    except OSError as err:
        raise FileError(err) from err


def look(path):
    return attempt(os.stat, path)


def answer_form(request, target):
    """Writes the fields of a form back, one line each: those of the query to GET, of the body to POST."""
    encoded = target.query.encode("latin-1")
    if request.method == "POST":
        types = request.values("content-type")
        if types and types[0].partition(";")[0].strip(" \t").lower() != FORM_TYPE:
            return text_response(415, "want " + FORM_TYPE)
        encoded = b"".join(request.pieces)
    elif request.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD, POST")

    lines = []
    for field in encoded.replace(b"+", b" ").split(b"&"):
        if not field:
            continue
        name, _, value = field.partition(b"=")
        try:
            lines.append(unescape(name) + b"=" + unescape(value) + b"\n")
        except ValueError as err:
            return text_response(400, str(err))
    # The lines are the client's own words: nosniff keeps a browser from taking them for a page of ours.
    fields = ("Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff")
    return Response(200, fields, b"".join(lines))
