"""An HTTP server. As handed out it answers 501 Not Implemented to everything."""

import os
import socket

ROOT = os.environ.get("ROOT") or "."  # the folder whose files are served


def serve(conn):
    """Serves one connection."""
    # TODO: read a request: its first line, its fields up to the empty line, then its body, whose length the
    # fields tell. conn.recv gives what has arrived by now: a piece of a line, or several requests at once.
    # Keep what is left over: it is the start of the next request.
    conn.recv(65536)

    # TODO: answer it: see "Methods" in the statement. Serve the files below ROOT and nothing else.
    body = b"Not Implemented\n"
    head = (
        "HTTP/1.1 501 Not Implemented\r\n"
        "Content-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\n"  # counted in bytes
        "Connection: close\r\n"
        "\r\n"
    )
    # TODO: Date is missing. TODO: the answer to HEAD has no body.
    conn.sendall(head.encode("ascii") + body)
    # TODO: HTTP/1.1 keeps the connection for the next request.


def main():
    host = os.environ.get("HOST") or "127.0.0.1"
    port = int(os.environ.get("PORT") or 8080)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Without this a server that is started again waits a minute for its port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    while True:
        conn, _ = listener.accept()
        # TODO: one connection after the other is too little: a client that says nothing stops the next.
        # threading.Thread(target=serve, args=(conn,), daemon=True).start() is one way.
        try:
            serve(conn)
        except OSError:
            pass  # this client is gone; the others are not
        conn.close()


if __name__ == "__main__":
    main()
