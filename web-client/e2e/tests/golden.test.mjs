// The library of dist/lib in Node: it decodes the golden vectors, and its client
// talks to a WebSocket that the test controls.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, before, test } from 'node:test';

import { closeClients, connecting, field, library, load, message, online, reply, SUBPROTOCOL } from '../library.mjs';

const VECTORS = new URL('../../../proto/testdata/golden.json', import.meta.url);

let vectors;

before(async () => {
  await load();
  vectors = JSON.parse(await readFile(VECTORS, 'utf8'));
});

afterEach(closeClients);

test('every golden vector is decoded and encoded', () => {
  assert.ok(vectors.length > 5);
  for (const { name, hex, sender_id, chat, id } of vectors) {
    const packet = library.decodePacket(Buffer.from(hex, 'hex'));
    // IDs have 63 bits: a number would round them.
    if (sender_id !== undefined) assert.equal(String(packet.sender), sender_id, name);
    if (chat !== undefined) assert.equal(packet.text, chat, name);
    if (id !== undefined) assert.equal(String(packet.id), id, name);
    assert.equal(Buffer.from(packet.bytes).toString('hex'), hex, name);
    // The tutorial's Go server adds a line feed.
    if (chat !== undefined) {
      const again = library.decodePacket(Buffer.from(`${hex}0a`, 'hex'));
      assert.equal(again.text, chat, name);
      assert.equal(Buffer.from(again.bytes).toString('hex'), hex, name);
    }
  }
});

const BROKEN = ['', '12040a0268', '12030a01ff', '08', 'ffff', '080712040a026869080712040a026869'];

test('bytes that are not exactly one packet are refused', () => {
  for (const hex of BROKEN) {
    assert.throws(() => library.decodePacket(Buffer.from(hex, 'hex')), { code: 'not-a-packet' }, hex);
  }
});

test('a message that is not a packet is reported once and the connection continues', () => {
  const { client, socket, events } = online();
  for (const hex of BROKEN) {
    const before = events.length;
    socket.receive(hex);
    assert.deepEqual(events.slice(before).map(({ type }) => type), ['badMessage'], hex);
  }
  socket.onmessage({ data: 'a text message' });
  assert.equal(events.at(-1).type, 'badMessage');
  assert.equal(client.state.kind, 'online');
  client.close();
});

test('the client offers guildhall.v1 and says hello with its name', () => {
  const { client, socket } = connecting('Anna');
  assert.equal(socket.protocols, SUBPROTOCOL);
  assert.deepEqual(socket.sent, [], 'nothing is sent before the socket is open');
  socket.open();
  const hello = message(field(1, 1n), field(2, 'Anna'));
  assert.deepEqual(socket.sent, [field(20, message(field(1, 1n), field(2, hello))).toString('hex')]);
  client.close();
  assert.equal(socket.closedWith, 1000);
  assert.equal(client.state.kind, 'closed');
});

test('a server that does not speak guildhall.v1 closes the client for good', () => {
  const { client, socket, events } = connecting('Anna');
  socket.open('');
  assert.equal(client.state.kind, 'closed');
  assert.equal(client.state.code, 0);
  assert.match(client.state.reason, /guildhall\.v1/);
  assert.deepEqual(socket.sent, [], 'nothing is sent to it');
  assert.notEqual(socket.closedWith, null);
  assert.equal(events.at(-1).state.kind, 'closed');
});

test('a ping is answered in the same call', () => {
  const { client, socket } = online();
  const before = socket.sent.length;
  socket.receive(field(25, '').toString('hex'));
  assert.deepEqual(socket.sent.slice(before), [field(26, '').toString('hex')]);
  client.close();
});

test('rooms, lines and whispers keep numbers of 63 bits exact', () => {
  const large = 2n ** 63n - 1n;
  const { client, socket, events } = online(large);
  assert.equal(client.id, large);
  assert.equal(client.name, 'Anna');
  client.join('lobby');
  const [member, joined] = [
    message(field(1, large), field(2, 'Anna')),
    (...more) => message(field(1, 'lobby'), field(2, 5n), field(3, large - 1n), field(4, large - 2n), ...more),
  ];
  socket.receive(reply(2n, 4, joined(field(7, 1n), field(8, 1n), field(9, member))));
  assert.deepEqual(client.rooms, [
    {
      name: 'lobby',
      joined: true,
      epoch: 5,
      lastSeq: large - 2n,
      readSeq: 0n,
      durable: false,
      count: 1,
      listed: true,
      members: [{ id: large, name: 'Anna', user: '', info: {}, look: {} }],
      settings: {
        topic: '',
        slowMode: 0,
        textBytes: 0,
        readOnly: false,
        announceOnly: false,
        noHistory: false,
        noMembers: false,
        mayRemove: false,
        mayModerate: false,
      },
      wait: 0,
    },
  ]);

  const nonce = client.say('lobby', 'hi');
  assert.equal(typeof nonce, 'bigint');
  assert.equal(events.at(-1).type, 'pending');
  const line = message(
    field(1, 'lobby'), field(2, 5n), field(3, large - 1n), field(4, 1_700_000_000_123n),
    field(5, large), field(6, 'Anna'), field(7, nonce), field(8, 'hi'),
  );
  socket.receive(field(22, line).toString('hex'));
  const { type, seq, sender, time, text, own, replay } = events.find(({ type }) => type === 'line');
  assert.deepEqual(
    { type, seq, sender, time, text, own, replay },
    { type: 'line', seq: large - 1n, sender: large, time: 1_700_000_000_123, text: 'hi', own: true, replay: false },
  );
  assert.ok(events.some((event) => event.type === 'sent' && event.nonce === nonce));

  // To a name, and to an ID that is too large for a number.
  for (const to of ['Ben', large - 5n]) {
    const nonce = client.whisper(to, 'psst', true);
    const whisper = message(
      typeof to === 'bigint' ? field(1, to) : field(2, to), field(3, 'psst'), field(4, 1n),
    );
    const request = field(20, message(field(1, nonce), field(7, whisper))).toString('hex');
    assert.equal(socket.sent.at(-1), request);
  }
  client.close();
});

test('an error has a code, and a failed message can be sent again', () => {
  const { client, socket, events } = online();
  const nonce = client.whisper('Nobody', 'psst');
  const error = message(field(1, 13n), field(2, 'Nobody'));
  socket.receive(reply(nonce, 2, error));
  const failed = events.find(({ type }) => type === 'failed');
  assert.equal(failed.nonce, nonce);
  assert.deepEqual(failed.failure, {
    code: 'no-such-client', arguments: ['Nobody'], temporary: false, retryAfter: 0,
  });
  const again = client.retry(nonce);
  assert.ok(again > nonce);
  assert.throws(() => client.retry(nonce), { code: 'no-such-message' });
  assert.throws(() => client.say('nowhere', 'hi'), { code: 'not-in-room' });
  assert.throws(() => client.whisper('Ben', ''), { code: 'empty-text' });
  assert.throws(() => client.whisper(7, 'hi'), { code: 'no-receiver' });
  client.close();
});

test('members are told one by one, and in one notice', () => {
  const { client, socket, events } = online();
  client.join('lobby');
  const member = (id, name) => message(field(1, id), field(2, name));
  const joined = message(
    field(1, 'lobby'), field(2, 5n), field(3, 1n), field(7, 2n), field(8, 1n),
    field(9, member(1n, 'Anna')), field(9, member(2n, 'Ben')),
  );
  socket.receive(reply(2n, 4, joined));
  events.length = 0;
  const presence = message(
    field(1, 'lobby'), field(2, 3n), field(3, 1n),
    field(4, member(3n, 'Cleo')), field(4, member(4n, 'Dan')), field(5, 2n),
  );
  socket.receive(field(24, presence).toString('hex'));
  assert.deepEqual(events.map(({ type }) => type), ['went', 'came', 'came', 'presenceNotice', 'members']);
  const { room, joined: names, left, renamed } = events[3];
  assert.deepEqual({ room, names, left, renamed }, {
    room: 'lobby', names: ['Cleo', 'Dan'], left: ['Ben'], renamed: [],
  });
  client.close();
});

test('a server that does not answer is told, and that it answers again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const now = context.mock.method(performance, 'now');
  now.mock.mockImplementation(() => 1_000);
  const { client, socket, events } = online();
  client.listRooms();
  context.mock.timers.tick(1);
  now.mock.mockImplementation(() => 6_000);
  context.mock.timers.tick(5_000);
  const told = () => events.filter(({ type }) => type === 'serverAnswers').map(({ answers }) => answers);
  assert.deepEqual(told(), [false]);
  socket.receive(field(25, '').toString('hex'));
  assert.deepEqual(told(), [false, true]);
  client.close();
});
