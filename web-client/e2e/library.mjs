// The library of dist/lib in Node. Its client talks to a WebSocket that the test
// controls: the test sends and receives in the place of a server.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const LIBRARY = new URL('../dist/lib/', import.meta.url);

export const SUBPROTOCOL = 'guildhall.v1';

/** A WebSocket without a server: the test sends and receives in its place. */
export class FakeWebSocket {
  static last;
  readyState = 1;
  sent = [];
  closedWith = null;

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    FakeWebSocket.last = this;
  }

  open(protocol = SUBPROTOCOL) {
    this.protocol = protocol;
    this.onopen({});
  }

  send(bytes) {
    this.sent.push(Buffer.from(bytes).toString('hex'));
  }

  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  receive(hex) {
    this.onmessage({ data: new Uint8Array(Buffer.from(hex, 'hex')).buffer });
  }
}

/** The library's module, once it is loaded. */
export let library;

/** Loads the library, over sockets that no server is behind. */
export async function load() {
  globalThis.WebSocket = FakeWebSocket;
  const script = await readFile(new URL('guildhall.js', LIBRARY), 'utf8');
  // As a data URL: the path would not tell Node that it is a module.
  library = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  const wasm = await readFile(new URL('guildhall_bg.wasm', LIBRARY));
  await library.default({ module_or_path: wasm });
}

const clients = [];

/** Closes every client of a test: one that waits would keep Node from ending. */
export function closeClients() {
  for (const client of clients.splice(0)) client.close();
}

/** A client whose socket has not opened yet, and the events that it delivers. */
export function connecting(name) {
  const client = new library.ChatClient('ws://localhost/ws', name);
  clients.push(client);
  const events = [];
  client.onevent = (event) => events.push(event);
  client.connect();
  return { client, socket: FakeWebSocket.last, events };
}

/** The bytes of one Protobuf field: a number, or a text or bytes. */
export function field(number, value) {
  const varint = (n) => (n < 128n ? [Number(n)] : [Number(n % 128n) | 128, ...varint(n / 128n)]);
  if (typeof value === 'bigint') return Buffer.from([...varint(BigInt(number * 8)), ...varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([
    Buffer.from([...varint(BigInt(number * 8 + 2)), ...varint(BigInt(bytes.length))]),
    bytes,
  ]);
}

/** The bytes of one Protobuf message. */
export const message = (...fields) => Buffer.concat(fields);
/** The answer to the request with this ID: its body is the field with this number. */
export const reply = (id, number, body) =>
  message(field(21, message(field(1, id), field(number, body)))).toString('hex');

/** A client that is online with this ID: the test has sent the welcome. */
export function online(id = 7n) {
  const { client, socket, events } = connecting('Anna');
  socket.open();
  const welcome = message(field(1, 1n), field(2, id), field(3, 'Anna'), field(4, 'secret'));
  socket.receive(reply(1n, 3, welcome));
  assert.equal(client.state.kind, 'online', JSON.stringify(events, String));
  return { client, socket, events };
}
