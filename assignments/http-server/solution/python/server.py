"""An HTTP/1.1 origin server from sockets up, after RFC 9110 and RFC 9112.

server.py opens the port and lives with the connections, message.py reads what a client sends, target.py says which file
is meant, resources.py decides and answers, conditional.py knows dates and entity tags.
"""

import os
import socket
import sys
import threading
import time

from conditional import http_date
from message import Refusal, Request, Source, read_request
from resources import Site, text_response

PATIENCE = 30.0  # seconds without a byte moving, in either direction
LINGER = 2.0     # seconds that a client has to close after our last byte
PIECE = 65536

REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently", 304: "Not Modified",
    400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
}


def send(sock, request, response, keep):
    """Sends an answer: to HEAD, to 204 and to 304 it has no content."""
    bare = response.status in (204, 304)
    lines = [f"HTTP/1.1 {response.status} {REASONS[response.status]}", "Date: " + http_date(time.time())]
    lines += response.fields
    if not bare:
        lines.append(f"Content-Length: {response.length()}")
    if not keep:
        lines.append("Connection: close")
    out = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
    if bare or request.method == "HEAD":
        send_all(sock, out)
        return
    # The head and the first piece of the content leave together, which spares a packet and a wait.
    out += response.body
    left = response.size
    while left > 0:
        piece = response.file.read(min(PIECE, left))
        if not piece:
            raise OSError("the file became shorter")  # closing now is how the client learns of it
        left -= len(piece)
        send_all(sock, out + piece)
        out = b""
    send_all(sock, out)


def send_all(sock, data):
    """Like sock.sendall, but with the timeout for each piece and not for all: a slow reader may be slow."""
    view = memoryview(data)
    while view:
        view = view[sock.send(view[:PIECE]):]


def linger(sock):
    """Ends the stream and reads on for a while.

    Closing a socket that holds unread bytes sends RST, and a RST throws away the answer on its way to the client.
    """
    sock.shutdown(socket.SHUT_WR)
    end = time.monotonic() + LINGER
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return
        sock.settimeout(left)
        if not sock.recv(PIECE):
            return


def serve(sock, site):
    """Answers one request after the other until one side wants no more. An error ends this connection alone."""
    with sock:
        try:
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            source = Source(sock)
            while serve_one(sock, source, site):
                pass
            linger(sock)
        except (OSError, EOFError):
            pass  # the client is gone or too slow; that concerns no other client


def serve_one(sock, source, site):
    """Reads and answers one request; says whether another one may follow."""
    request = Request()
    try:
        read_request(source, request)
        response = site.answer(request)
        keep = request.finish() and not request.close
    except Refusal as no:
        # Where the next request would start is not known, so this was the last one.
        response, keep = text_response(no.status, no.why), False
    with response:
        send(sock, request, response, keep)
    return keep


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 8080)
    site = Site(os.environ.get("ROOT") or ".")
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, proto) as listener:
        # Without this a server that is started again waits a minute for its port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
        while True:
            try:
                sock, _ = listener.accept()
                threading.Thread(target=serve, args=(sock, site), daemon=True).start()
            except (OSError, RuntimeError) as err:
                # No descriptor or no thread left: those that are served now will give theirs back.
                print(f"server: {err}", file=sys.stderr)
                time.sleep(0.05)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
