"""A `guildhall.v1` client in another language, for the end-to-end tests.

Written from docs/protocol.md and the schema alone; nothing of Guildhall's code
has a part in it. Packets are put together and taken apart by hand. As a
program it holds a conversation with the server at the given URL, and fails if
anything is not as the document says:

    python v1_client.py ws://localhost:8080/ws
"""

import asyncio
import sys

import websockets

# Field numbers of the schema, by name: a number alone is an integer, with a
# type a text, bytes or another message; a list is repeated.
GAP = {"from": 1, "to": 2}
MEMBER = {"id": 1, "name": (2, str)}
LINE = {"room": (1, str), "epoch": 2, "seq": 3, "time": 4, "sender": 5, "name": (6, str),
        "nonce": 7, "text": (8, str), "action": 9, "change": (14, {"seq": 1}), "removed": 16,
        "reactions": [17, {"reaction": (1, str), "count": 2}]}
WHISPER_LINE = {"seq": 1, "time": 2, "sender": 3, "sender_name": (4, str), "receiver": 5,
                "receiver_name": (6, str), "nonce": 7, "text": (8, str), "action": 9}
PRESENCE = {"room": (1, str), "count": 2, "listed": 3, "joined": [4, MEMBER], "left": [5, int],
            "whole": 6}
REQUEST = {
    "id": 1,
    "hello": (2, {"version": 1, "name": (2, str), "session": (3, bytes), "whisper_seq": 4}),
    "join": (3, {"room": (1, str), "epoch": 2, "seq": 3}),
    "leave": (4, {"room": (1, str)}),
    "list_rooms": (5, {}),
    "say": (6, {"room": (1, str), "text": (2, str), "action": 3}),
    "whisper": (7, {"to": 1, "name": (2, str), "text": (3, str), "action": 4}),
    "rename": (8, {"name": (1, str)}),
    "list_members": (9, {"room": (1, str)}),
    "fetch_history": (10, {"room": (1, str), "epoch": 2, "before": 3, "limit": 4}),
}
JOINED = {"room": (1, str), "epoch": 2, "first_seq": 3, "last_seq": 4, "resumed": 5, "gap": (6, GAP),
          "count": 7, "listed": 8, "members": [9, MEMBER]}
REPLY = {
    "id": 1,
    "error": (2, {"code": 1, "arguments": [2, str], "temporary": 3, "retry_after": 4}),
    "welcome": (3, {"version": 1, "id": 2, "name": (3, str), "session": (4, bytes), "resumed": 5,
                    "limits": (6, {}), "time": 7, "whisper_seq": 8, "whisper_gap": (9, GAP)}),
    "joined": (4, JOINED),
    "left": (5, {"room": (1, str)}),
    "rooms": (6, {"rooms": [1, {"room": (1, str), "count": 2}], "total": 2}),
    "repeated": (8, {}),
    "renamed": (9, {"name": (1, str)}),
    "members": (10, {"room": (1, str), "count": 2, "listed": 3, "members": [4, MEMBER]}),
    "history": (11, {"room": (1, str), "epoch": 2, "lines": [3, LINE], "more": 4}),
}
PACKET = {"request": (20, REQUEST), "reply": (21, REPLY), "line": (22, LINE),
          "whisper": (23, WHISPER_LINE), "presence": (24, PRESENCE), "ping": (25, {}),
          "pong": (26, {}), "catch_up": (27, JOINED)}


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | number & 0x7F)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def kind_of(rule):
    """A field's number, its type, and whether it is repeated."""
    number, kind = (rule, int) if isinstance(rule, int) else rule
    return number, kind, isinstance(rule, list)


def encode(schema, message):
    out = bytearray()
    for name, value in message.items():
        number, kind, _ = kind_of(schema[name])
        if kind is int:
            out += varint(number << 3) + varint(value)
            continue
        if isinstance(kind, dict):
            value = encode(kind, value)
        elif kind is str:
            value = value.encode()
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(out)


def decode(schema, data):
    """Decodes a message. Missing fields have their defaults; unknown ones are skipped."""
    known = {kind_of(rule)[0]: (name, *kind_of(rule)[1:]) for name, rule in schema.items()}
    defaults = {int: 0, str: "", bytes: b""}
    message = {
        name: [] if repeated else defaults[kind]
        for name, kind, repeated in known.values()
        if repeated or not isinstance(kind, dict)
    }
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        name, kind, repeated = known.get(tag >> 3, (None, None, False))
        if name is None:
            continue
        if kind is int and isinstance(value, bytes):
            # Repeated numbers are packed.
            there = 0
            while there < len(value):
                number, there = read_varint(value, there)
                message[name].append(number)
            continue
        if isinstance(kind, dict):
            value = decode(kind, value)
        elif kind is str:
            value = value.decode()
        if repeated:
            message[name].append(value)
        else:
            message[name] = value
    return message


class Client:
    """One user, over as many connections as it needs."""

    def __init__(self, url, name):
        self.url, self.name = url, name
        self.session, self.requests = b"", 0
        # The positions in rooms, and the last whisper.
        self.rooms, self.whisper_seq = {}, 0
        self.lines, self.whispers = [], []

    async def connect(self):
        self.socket = await websockets.connect(
            self.url, subprotocols=["guildhall.v1"], compression=None, proxy=None
        )
        assert self.socket.subprotocol == "guildhall.v1"
        welcome = (await self.ask("hello", version=1, name=self.name, session=self.session,
                                  whisper_seq=self.whisper_seq))["welcome"]
        self.session, self.id = welcome["session"], welcome["id"]
        return welcome

    def cut(self):
        """Breaks the connection off without a close frame."""
        self.socket.transport.abort()

    async def send(self, what, /, **fields):
        self.requests += 1
        await self.send_as(self.requests, what, **fields)
        return self.requests

    async def send_as(self, number, what, /, **fields):
        await self.socket.send(encode(PACKET, {"request": {"id": number, what: fields}}))

    async def ask(self, what, /, **fields):
        return await self.reply(await self.send(what, **fields))

    async def reply(self, number):
        """Waits for the answer, and handles the packets that come before it."""
        while True:
            packet = await self.receive()
            body, value = next(iter(packet.items()))
            if body == "reply" and value["id"] == number:
                return value
            if body in ("line", "whisper") and (value["sender"], value["nonce"]) == (self.id, number):
                return packet

    async def receive(self):
        packet = decode(PACKET, await asyncio.wait_for(self.socket.recv(), 10))
        if "ping" in packet:
            await self.socket.send(encode(PACKET, {"pong": {}}))
        elif "line" in packet:
            line = packet["line"]
            epoch, seq = self.rooms[line["room"]]
            assert (line["epoch"], line["seq"]) == (epoch, seq + 1), "a hole or a repeat"
            self.rooms[line["room"]] = (epoch, seq + 1)
            self.lines.append(line["text"])
        elif "whisper" in packet:
            self.whisper_seq += 1
            assert packet["whisper"]["seq"] == self.whisper_seq, "a hole or a repeat"
            self.whispers.append(packet["whisper"]["text"])
        return packet

    async def join(self, room):
        epoch, seq = self.rooms.get(room, (0, 0))
        joined = (await self.ask("join", room=room, epoch=epoch, seq=seq))["joined"]
        if not joined["resumed"]:
            self.rooms[joined["room"]] = (joined["epoch"], joined["first_seq"] - 1)
        return joined

    async def heard(self, count):
        while len(self.lines) < count:
            await self.receive()

    async def whispered(self, count):
        while len(self.whispers) < count:
            await self.receive()


async def converse(url):
    ann, bob = Client(url, "Ann"), Client(url, "Bob")
    assert not (await ann.connect())["resumed"]
    await bob.connect()
    assert (await ann.join("den"))["count"] == 1
    assert [one["name"] for one in (await bob.join("Den"))["members"]] == ["Ann", "Bob"]

    await ann.ask("say", room="den", text="hello")
    await bob.heard(1)
    assert ann.lines == bob.lines == ["hello"]
    await bob.ask("whisper", name="ann", text="psst")
    await ann.whispered(1)
    assert ann.whispers == bob.whispers == ["psst"]

    # Ann loses her connection before the answer; Bob continues.
    unanswered = await ann.send("say", room="den", text="did you get this?")
    await bob.heard(2)
    ann.cut()
    await bob.ask("say", room="den", text="where are you?")
    await bob.ask("whisper", to=ann.id, text="hello?")
    before = ann.id
    assert (await ann.connect())["resumed"] and ann.id == before
    await ann.whispered(2)
    assert (await ann.join("den"))["last_seq"] == 3
    await ann.heard(3)
    await ann.send_as(unanswered, "say", room="den", text="did you get this?")
    assert "repeated" in await ann.reply(unanswered)
    assert ann.lines == bob.lines == ["hello", "did you get this?", "where are you?"]
    assert ann.whispers == ["psst", "hello?"]

    epoch, _ = ann.rooms["den"]
    page = (await ann.ask("fetch_history", room="den", epoch=epoch, before=3, limit=1))["history"]
    assert [line["text"] for line in page["lines"]] == ["did you get this?"] and page["more"]
    refused = (await ann.ask("rename", name="Bob"))["error"]
    assert (refused["code"], refused["arguments"]) == (6, ["Bob"])
    listed = (await ann.ask("list_rooms"))["rooms"]["rooms"]
    assert {"room": "den", "count": 2} in listed
    assert (await bob.ask("leave", room="den"))["left"]["room"] == "den"
    while True:
        presence = (await ann.receive()).get("presence")
        if presence and bob.id in presence["left"]:
            break
    assert (await ann.ask("list_members", room="den"))["members"]["count"] == 1
    await ann.socket.close()
    await bob.socket.close()


if __name__ == "__main__":
    asyncio.run(converse(sys.argv[1]))
    print("as the document says")
