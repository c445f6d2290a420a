"""Records every line of a room over an undisturbed connection. Tests compare what
other clients received with it.

    python v1_observer.py ws://localhost:8080/ws lobby

It prints `listening` once it is in the room, then each line as JSON: [seq, sender
ID, text], and the reactions if there are any, as they are when it gets the line. It prints no
changes of lines. It says each line that it reads from standard input.
"""

import asyncio
import json
import sys

from v1_client import Client


async def read(client, room):
    while line := await asyncio.to_thread(sys.stdin.readline):
        await client.send("say", room=room, text=line.rstrip("\n"))


async def listen(url, room):
    client = Client(url, "Observer")
    await client.connect()
    await client.join(room)
    print("listening", flush=True)
    reading = asyncio.create_task(read(client, room))
    while not reading.done():
        try:
            packet = await client.receive()
        except TimeoutError:
            # Nothing was said for a while.
            continue
        line = packet.get("line")
        if line and "change" not in line:
            shown = [line["seq"], line["sender"], line["text"]]
            if line["reactions"]:
                shown.append({it["reaction"]: it["count"] for it in line["reactions"]})
            print(json.dumps(shown), flush=True)


if __name__ == "__main__":
    asyncio.run(listen(*sys.argv[1:]))
