"""Asks one server one question (RFC 5452, RFC 7766)."""

import asyncio
import secrets

from message import HEADER, QR, TC, Malformed, Message, write

PORT = 53


class Exchange(asyncio.DatagramProtocol):
    """A socket of its own for each question: so the port that a reply must come to is as hard to guess as the id."""

    def __init__(self, question):
        self.question = question
        self.id = secrets.randbits(16)
        self.reply = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.sendto(write(self.id, 0, [self.question]))

    def datagram_received(self, data, _):
        # The socket is connected: another address or port cannot get here. What does not match is left aside, and the
        # right one is waited for.
        message = match(data, self.id, self.question)
        if message and not self.reply.done():
            self.reply.set_result(message)

    def error_received(self, _):
        if not self.reply.done():
            self.reply.set_result(None)  # nobody listens there


def match(data, ident, question):
    """The message, if it is a reply to this question that can be read."""
    if len(data) < HEADER:
        return None
    message = Message(data)
    if message.id != ident or not message.flags & QR or message.opcode != 0:
        return None
    try:
        message.parse()
    except Malformed:
        if not message.flags & TC:
            return None
        return message  # cut off in the middle: it says no more than that, and TCP asks again
    if len(message.questions) != 1 or not message.questions[0].same(question):
        return None
    return message


async def ask(address, question, wait):
    """The reply of a server; None when there is none in time."""
    try:
        async with asyncio.timeout(wait):
            reply = await over_udp(address, question)
            if reply and reply.flags & TC:
                reply = await over_tcp(address, question)
            return reply
    except (OSError, asyncio.IncompleteReadError, Malformed):
        return None


async def over_udp(address, question):
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(lambda: Exchange(question), remote_addr=(address, PORT))
    try:
        return await exchange.reply
    finally:
        transport.close()


async def over_tcp(address, question):
    reader, writer = await asyncio.open_connection(address, PORT)
    try:
        ident = secrets.randbits(16)
        query = write(ident, 0, [question])
        writer.write(len(query).to_bytes(2, "big") + query)
        while True:
            length = int.from_bytes(await reader.readexactly(2), "big")
            message = match(await reader.readexactly(length), ident, question)
            if message and not message.flags & TC:
                return message
    finally:
        writer.close()
