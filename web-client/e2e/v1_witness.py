"""Listens in a room over a connection without harm: what it heard is the truth
that the story of others is compared with.

    python v1_witness.py ws://localhost:8080/ws lobby

It prints `listening` once it is in the room, then each line as JSON: its number,
its speaker's ID and its text. What comes as a line on its standard input, it says.
"""

import asyncio
import json
import sys

from v1_client import Client


async def read(client, room):
    while line := await asyncio.to_thread(sys.stdin.readline):
        await client.send("say", room=room, text=line.rstrip("\n"))


async def listen(url, room):
    client = Client(url, "Witness")
    await client.connect()
    await client.join(room)
    print("listening", flush=True)
    reading = asyncio.create_task(read(client, room))
    while not reading.done():
        try:
            packet = await client.receive()
        except TimeoutError:
            # Nobody has said anything for a while.
            continue
        if line := packet.get("line"):
            print(json.dumps([line["seq"], line["sender"], line["text"]]), flush=True)


if __name__ == "__main__":
    asyncio.run(listen(*sys.argv[1:]))
