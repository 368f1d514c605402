"""A DNS client from sockets up: client.py NAME TYPE asks the server at HOST and PORT one question.

client.py does the asking, message.py packs the query and takes the reply apart, text.py writes records as dig does.
"""

import os
import secrets
import socket
import sys
import time

import text
from message import Malformed, Reply, matches, pack_name, query

WAITS = (1.0, 2.0, 3.0)  # seconds that each datagram is waited for; then the next one goes out
PATIENCE = 5.0           # seconds for the whole exchange over TCP


class NoReply(Exception):
    """Nothing came that answers the question."""


def ask(server, question):
    """The reply to a question: over UDP, and over TCP when it does not fit."""
    reply = ask_udp(server, question)
    return ask_tcp(server, question) if reply.truncated else reply


def ask_udp(server, question):
    ident = secrets.randbits(16)  # nobody can guess it: that is what keeps forgers out
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        # From now on the kernel drops what comes from any other address or port.
        sock.connect(server)
        for wait in WAITS:
            try:
                sock.send(query(ident, question))
            except OSError:
                pass  # an error that an earlier datagram met; the next one may get through
            reply = await_reply(sock, ident, question, time.monotonic() + wait)
            if reply:
                return reply
    raise NoReply(f"no reply to {len(WAITS)} queries")


def await_reply(sock, ident, question, end):
    """The reply to the query, None when the time is up. Everything else that comes is left aside."""
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data = sock.recv(65535)
        except TimeoutError:
            return None
        except OSError:
            # Nobody listens there, says the server's machine. Anybody could say that: the time goes on.
            time.sleep(min(0.05, left))
            continue
        if matches(data, ident, question):
            try:
                return Reply(data)
            except Malformed as why:
                print(f"client: a reply that cannot be read: {why}", file=sys.stderr)
    return None


def ask_tcp(server, question):
    ident = secrets.randbits(16)
    end = time.monotonic() + PATIENCE
    message = query(ident, question)
    with socket.create_connection(server, timeout=PATIENCE) as conn:
        # The length and the message in one piece: some servers read both at once (RFC 7766 section 8).
        conn.sendall(len(message).to_bytes(2, "big") + message)
        while True:
            length = int.from_bytes(receive(conn, 2, end), "big")
            data = receive(conn, length, end)
            if matches(data, ident, question):
                return Reply(data)


def receive(conn, n, end):
    """n bytes, in whatever pieces they come."""
    data = b""
    while len(data) < n:
        left = end - time.monotonic()
        if left <= 0:
            raise NoReply("no whole reply over TCP")
        conn.settimeout(left)
        piece = conn.recv(n - len(data))
        if not piece:
            raise NoReply("the server closed the connection before the whole reply came")
        data += piece
    return data


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: client.py NAME TYPE")
    try:
        question = pack_name(sys.argv[1]) + text.type_number(sys.argv[2]).to_bytes(2, "big") + b"\x00\x01"
    except ValueError as why:
        sys.exit(f"client: {why}")
    server = (os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 53))
    try:
        reply = ask(server, question)
        lines = [text.record(r) for r in reply.answer()]
    except (OSError, NoReply, Malformed) as why:
        sys.exit(f"client: {why}")
    if reply.rcode != 0:
        lines.append(text.code(reply.rcode))
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.exit(0 if reply.rcode == 0 else 1)


if __name__ == "__main__":
    main()
