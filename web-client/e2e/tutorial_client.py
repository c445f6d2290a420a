"""Clients of the tutorial's protocol, for the end-to-end tests.

Reads one JSON command a line from standard input and writes one JSON event a
line to standard output. Every command names its client:

    {"client": "a", "do": "connect", "url": "ws://localhost:8080/ws"}
    {"client": "a", "do": "say", "text": "hi"}
    {"client": "a", "do": "send", "hex": "12040a026869"}
    {"client": "a", "do": "stall"}    from now on it reads nothing
    {"client": "a", "do": "close"}

    {"client": "a", "event": "open"}
    {"client": "a", "event": "packet", "sender": 7, "text": "hi", "hex": "0807…"}
    {"client": "a", "event": "closed", "code": 1001, "reason": "…"}

The packets are encoded and decoded by hand here, without any of Guildhall's code.
"""

import asyncio
import hashlib
import json
import sys

import websockets

# Field 2 of Packet, a message; field 1 of ChatMessage, a string.
CHAT_TAG = b"\x12"
TEXT_TAG = b"\x0a"
# Longer packets are reported by length and digest.
SHOWN_BYTES = 256


def varint(number):
    """A length or an ID as Protobuf writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | number & 0x7F)
        number >>= 7
    out.append(number)
    return bytes(out)


def chat(text):
    """A packet as the tutorial's client sends it: no sender, one text."""
    text = text.encode()
    inner = TEXT_TAG + varint(len(text)) + text
    return CHAT_TAG + varint(len(inner)) + inner


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def described(data):
    """Decodes a packet. Fails for anything but the tutorial's two packets."""
    parts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if len(data) <= SHOWN_BYTES:
        parts["hex"] = data.hex()
    at = 0
    if data[0:1] == b"\x08":
        parts["sender"], at = read_varint(data, 1)
    tag, (length, at) = data[at : at + 1], read_varint(data, at + 1)
    if at + length != len(data):
        raise ValueError(f"bytes after the packet: {data.hex()}")
    if tag == b"\x1a" and data[at : at + 1] == b"\x08":
        parts["id"], end = read_varint(data, at + 1)
    elif tag == CHAT_TAG and data[at : at + 1] == TEXT_TAG:
        size, at = read_varint(data, at + 1)
        end = at + size
        parts["text"] = data[at:end].decode()
    else:
        raise ValueError(f"not one of the tutorial's packets: {data.hex()}")
    if end != len(data):
        raise ValueError(f"bytes after the text: {data.hex()}")
    return parts


def tell(client, event, **more):
    print(json.dumps({"client": client, "event": event, **more}), flush=True)


class Client:
    """One connection, and the task that reads it."""

    def __init__(self, name):
        self.name = name
        self.socket = None
        self.reading = None

    async def connect(self, url):
        # As the tutorial's client: no subprotocol, no extension, no origin.
        self.socket = await websockets.connect(url, compression=None, proxy=None)
        tell(self.name, "open")
        self.reading = asyncio.create_task(self.read())

    async def read(self):
        try:
            async for data in self.socket:
                tell(self.name, "packet", **described(data))
        except websockets.ConnectionClosed:
            pass
        except ValueError as error:
            tell(self.name, "error", reason=str(error))
        tell(self.name, "closed", code=self.socket.close_code, reason=self.socket.close_reason)

    async def do(self, command):
        match command["do"]:
            case "connect":
                await self.connect(command["url"])
            case "say":
                await self.socket.send(chat(command["text"]))
            case "send":
                await self.socket.send(bytes.fromhex(command["hex"]))
            case "stall":
                # The library reads a few messages more, then the system's
                # buffers fill up.
                self.reading.cancel()
                tell(self.name, "stalled")
            case "close":
                await self.socket.close()
            case other:
                raise ValueError(f"no such command: {other}")


async def main():
    clients = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        name = command["client"]
        client = clients.setdefault(name, Client(name))
        try:
            await client.do(command)
        except (OSError, websockets.WebSocketException) as error:
            tell(name, "error", reason=str(error))


asyncio.run(main())
