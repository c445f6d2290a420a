// The golden vectors in the wasm that players get: the library of dist/lib, in
// Node, on a WebSocket that is played by the test.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';

const LIBRARY = new URL('../../dist/lib/', import.meta.url);
const VECTORS = new URL('../../../proto/testdata/golden.json', import.meta.url);

/** The end of a connection that the server would have. */
class PlayedWebSocket {
  static last;
  readyState = 1;
  sent = [];

  constructor(url) {
    this.url = url;
    PlayedWebSocket.last = this;
  }

  send(bytes) {
    this.sent.push(Buffer.from(bytes).toString('hex'));
  }

  close() {
    this.readyState = 3;
  }

  receive(hex) {
    this.onmessage({ data: new Uint8Array(Buffer.from(hex, 'hex')).buffer });
  }
}

let ChatClient;
let vectors;

before(async () => {
  globalThis.WebSocket = PlayedWebSocket;
  vectors = JSON.parse(await readFile(VECTORS, 'utf8'));
  const script = await readFile(new URL('guildhall.js', LIBRARY), 'utf8');
  // Not by its path, which does not tell Node that it is a module.
  const library = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  const wasm = await readFile(new URL('guildhall_bg.wasm', LIBRARY));
  await library.default({ module_or_path: wasm });
  ChatClient = library.ChatClient;
});

/** A client that waits for its ID, and all it tells. */
function connected() {
  const client = new ChatClient('ws://localhost/ws');
  const told = [];
  client.onid = (id) => told.push({ id: String(id) });
  client.onmessage = ({ sender, text }) => told.push({ sender: String(sender), text });
  client.onerror = (error) => told.push({ error: error.code });
  client.connect();
  return { client, socket: PlayedWebSocket.last, told };
}

test('every vector is read', () => {
  assert.ok(vectors.length > 5);
  for (const { name, hex, sender_id, chat, id } of vectors) {
    const { client, socket, told } = connected();
    socket.receive(hex);
    const expected = chat === undefined ? { id } : { sender: sender_id, text: chat };
    assert.deepEqual(told, [expected], name);
    // As the tutorial's Go server sends it.
    if (chat !== undefined) {
      socket.receive(`${hex}0a`);
      assert.deepEqual(told, [expected, expected], name);
    }
    client.close();
  }
});

test('every vector that a client may send is written', () => {
  const ours = vectors.filter(({ sender_id, chat }) => sender_id === '0' && chat);
  assert.ok(ours.length > 0);
  for (const { name, hex, chat } of ours) {
    const { client, socket } = connected();
    socket.receive('08011a020801');
    client.send(chat);
    assert.deepEqual(socket.sent, [hex], name);
    client.close();
  }
});

test('what is no packet is told and not half read', () => {
  for (const hex of ['', '12040a0268', '12030a01ff', '08', 'ffff', '080712040a026869080712040a026869']) {
    const { client, socket, told } = connected();
    socket.receive(hex);
    assert.deepEqual(told, [{ error: 'not-a-packet' }], hex);
    client.close();
  }
});
