// A server that does whatever a server can do, good and bad: the address's path
// says what. Everything is sent at once, so nothing here depends on time.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const id = Buffer.from("08051a020805", "hex");

const varint = (number) => {
  const bytes = [];
  for (; number > 0x7f; number >>= 7) bytes.push((number & 0x7f) | 0x80);
  return Buffer.from([...bytes, number]);
};

const field = (tag, body) => Buffer.concat([Buffer.from([tag]), varint(body.length), body]);

/** A chat of client 2. */
export const chat = (text) =>
  Buffer.concat([Buffer.from([0x08, 0x02]), field(0x12, field(0x0a, Buffer.from(text)))]);

const number = (tag, value) => Buffer.concat([varint(tag << 3), varint(value)]);
const bytes = (tag, body) => field((tag << 3) | 2, Buffer.from(body));
const message = (tag, ...fields) =>
  Buffer.concat([varint((tag << 3) | 2), ...sized(Buffer.concat(fields))]);
const sized = (body) => [varint(body.length), body];

/** The field with a request's ID, which its answer begins with, too. */
const requestId = (packet) => {
  const endOfNumber = (at) => at + packet.subarray(at).findIndex((byte) => byte < 0x80) + 1;
  // Behind the tag of two bytes and the length, there is a tag of one byte and the ID.
  const at = endOfNumber(2);
  return packet.subarray(at, endOfNumber(at + 1));
};

/** Answers to Hello and to the first Join, and a line of Bo's. */
export const welcome = (hello) =>
  message(
    21,
    requestId(hello),
    message(3, number(1, 1), number(2, 5), bytes(3, "Mira"), bytes(4, "secret")),
  );
export const joined = (join) =>
  message(21, requestId(join), message(4, bytes(1, "lobby"), number(2, 9), number(3, 1)));
export const line = (seq, text, room = "lobby") =>
  message(
    22,
    bytes(1, room),
    number(2, 9),
    number(3, seq),
    number(5, 2),
    bytes(6, "Bo"),
    number(7, seq),
    bytes(8, text),
  );

/** What a client hears of its own say: its ID is 5, and the line has its request's ID. */
export const ownSay = (say, seq) => {
  // Without the field's tag.
  const id = requestId(say).subarray(1);
  return message(
    22,
    bytes(1, "lobby"),
    number(2, 9),
    number(3, seq),
    number(5, 5),
    bytes(6, "Mira"),
    Buffer.concat([Buffer.from([7 << 3]), id]),
    bytes(8, "my own"),
  );
};

const WAYS = {
  // Says back, as hexadecimal digits, what it was sent.
  hall(socket) {
    socket.on("message", (data) => {
      const hex = data.toString("hex");
      socket.send(chat(hex.length > 1000 ? `${data.length} bytes` : hex));
    });
  },
  garbage(socket) {
    socket.send(chat("good"));
    socket.send(chat("cut short").subarray(0, -3));
    socket.send(Buffer.alloc(16, 0xff));
    socket.send(Buffer.alloc(0));
    socket.send(Buffer.concat([chat("one"), chat("two")]));
    socket.send(Buffer.from("12030a01ff", "hex"));
    socket.send("a text message");
    socket.send(chat("x".repeat(40_000)));
    socket.send(Buffer.concat([chat("newline"), Buffer.from("\n")]));
    socket.send(chat("still here"));
  },
  // The same in guildhall.v1, in whose lobby client 2 speaks as Bo.
  garbage1(socket) {
    socket.once("message", (hello) => {
      socket.send(welcome(hello));
      socket.once("message", (join) => {
        socket.send(joined(join));
        socket.send(line(1, "good"));
        socket.send(line(2, "cut short").subarray(0, -3));
        socket.send(Buffer.alloc(16, 0xff));
        socket.send(Buffer.alloc(0));
        socket.send(Buffer.concat([line(2, "one"), line(3, "two")]));
        socket.send("a text message");
        socket.send(line(2, "x".repeat(40_000)));
        // None of its rooms, an answer to nothing, and a line that it has.
        socket.send(line(2, "elsewhere", "nowhere"));
        socket.send(joined(join));
        socket.send(line(1, "again"));
        socket.send(Buffer.concat([line(2, "newline"), Buffer.from("\n")]));
        socket.send(line(3, "still here"));
      });
    });
  },
  burst(socket) {
    for (let line = 0; line < 500; line++) socket.send(chat(`line ${line}`));
    socket.close(1001, "because");
  },
  close(socket, code) {
    socket.close(Number(code), "because");
  },
  // Cut twice in the middle; refused twice, see below; good from then on.
  flaky(socket, _, visit) {
    socket.on("message", () => (visit <= 2 ? socket.terminate() : socket.send(chat("at last"))));
  },
  flood(socket) {
    socket.send(chat("ready"));
    // As long as what asks for it.
    socket.on("message", (data) => {
      const rest = "x".repeat(data.length);
      for (let line = 0; line < 1000; line++) socket.send(chat(`line ${line} ${rest}`));
    });
  },
  deaf(socket) {
    socket._socket.pause();
  },
  // Far more than any buffer of a client, then a good line.
  huge(socket) {
    socket.send(chat("x".repeat(3_000_000)));
    socket.send(chat("still here"));
  },
};

/** Starts it on a port of its own. Gives its address and a way to end it. */
export async function startRudeServer() {
  const http = createServer();
  // It speaks no subprotocol, whatever is asked for, but for one.
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (_, request) => request.url.startsWith("/garbage1") && "guildhall.v1",
  });
  const visits = new Map();
  const open = new Set();
  http.on("upgrade", (request, connection, head) => {
    open.add(connection);
    connection.on("error", () => {});
    const [, way, detail] = request.url.split("/");
    const visit = (visits.get(way) ?? 0) + 1;
    visits.set(way, visit);
    if (way === "silent") return;
    if (way === "flaky" && (visit === 3 || visit === 4)) {
      connection.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      socket.on("error", () => {});
      if (way === "garbage1") return WAYS.garbage1(socket);
      socket.send(id, () => WAYS[way](socket, detail, visit));
    });
  });
  await new Promise((resolve) => http.listen(0, "localhost", resolve));
  return {
    url: `ws://localhost:${http.address().port}/`,
    close() {
      for (const connection of open) connection.destroy();
      http.close();
    },
  };
}
