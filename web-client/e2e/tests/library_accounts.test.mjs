// The library uses tokens, and tells a game of users and of rooms with rules. No server is
// behind these clients: the test sends and receives in its place.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeClients, connecting, FakeWebSocket, field, library, load, message, online, reply } from '../library.mjs';

before(load);
afterEach(closeClients);

/** The numbers of an error, a join, a refresh and so on, as the schema has them. */
const ERROR = 2;
const WELCOME = 3;
const JOINED = 4;
const REMOVED = 28;
const ROOM_CHANGED = 29;
const FORBIDDEN = 20n;
const ROOM_FULL = 21n;
const BAD_TOKEN = 19n;

const push = (number, body) => field(number, body).toString('hex');
const hexOf = (text) => Buffer.from(text).toString('hex');
/** Lets the promises of a `getToken` settle. */
const settled = () => new Promise((resolve) => { setImmediate(resolve); });
const last = (events, type) => events.findLast((event) => event.type === type);

/** Whether Hello has this token, in its field 5. */
const inHello = (socket, token) => socket.sent[0].includes(field(5, token).toString('hex'));

function welcome(socket, ...fields) {
  socket.receive(reply(1n, WELCOME, message(field(1, 1n), field(2, 7n), field(3, 'Mira'), field(4, 'secret'), ...fields)));
}

test('a token goes out with Hello, and getToken is asked only when one is needed', async () => {
  let asked = 0;
  const getToken = async () => `token ${asked += 1}`;
  const { client, socket } = connecting({ token: 'the first', getToken });
  socket.open();
  assert.ok(inHello(socket, 'the first'), socket.sent[0]);
  assert.ok(!socket.url.includes('token'), 'never in an address');
  welcome(socket, field(10, 600n), field(11, '42'));
  await settled();
  assert.equal(asked, 0);
  assert.equal(client.user, '42');
  assert.equal(client.mayRename, false);

  socket.onclose({ code: 3002, reason: 'token expired' });
  client.connect();
  await settled();
  assert.equal(asked, 1);
  const next = FakeWebSocket.last;
  assert.notEqual(next, socket);
  next.open();
  assert.ok(inHello(next, 'token 1'), next.sent[0]);
});

test('getToken is asked before the first connection, and no socket opens before it answers', async () => {
  const before = FakeWebSocket.last;
  let give;
  const { events } = connecting({ getToken: () => new Promise((resolve) => { give = resolve; }) });
  await settled();
  assert.equal(FakeWebSocket.last, before);
  assert.ok(last(events, 'tokenNeeded'));
  give('now');
  await settled();
  FakeWebSocket.last.open();
  assert.ok(inHello(FakeWebSocket.last, 'now'));
});

test('a getToken that throws, is rejected or gives no string is told and asked again', async () => {
  const answers = [
    () => { throw new Error('no backend'); },
    async () => { throw new Error('status 503'); },
    async () => 5,
    () => 'at once',
  ];
  const before = FakeWebSocket.last;
  const { client, events } = connecting({ getToken: () => answers.shift()() });
  const problems = [];
  for (const problem of ['no backend', 'status 503', 'getToken gave something that is not a string']) {
    await settled();
    problems.push(last(events, 'tokenFailed')?.problem);
    assert.equal(client.state.kind, 'waiting');
    assert.equal(client.state.reason, problem);
    assert.ok(client.state.seconds > 0, 'it tries again by itself');
    client.connect();
  }
  assert.deepEqual(problems, ['no backend', 'status 503', 'getToken gave something that is not a string']);
  await settled();
  assert.notEqual(FakeWebSocket.last, before);
  FakeWebSocket.last.open();
  assert.ok(inHello(FakeWebSocket.last, 'at once'));
});

test('a new token goes out on the same connection, and one that is not taken is told', () => {
  const { client, socket, events } = connecting({ token: 'one' });
  socket.open();
  welcome(socket, field(10, 600n), field(11, '42'));
  client.setToken('another');
  assert.equal(socket.sent.length, 2);
  // Request 2: refresh, with the token.
  assert.ok(socket.sent[1].endsWith(field(11, field(1, 'another')).toString('hex')), socket.sent[1]);
  socket.receive(reply(2n, ERROR, message(field(1, BAD_TOKEN), field(2, 'expired'))));
  const refused = last(events, 'refused');
  assert.equal(refused?.request, 'refresh', JSON.stringify(events, String));
});

test('a guest who gets a token says hello with it, on another connection', () => {
  const { client, socket } = online();
  client.setToken('now known');
  assert.notEqual(FakeWebSocket.last, socket);
  FakeWebSocket.last.open();
  assert.ok(inHello(FakeWebSocket.last, 'now known'));
});

test('a token that is over without a getToken is told, and setToken goes on', () => {
  const { client, socket, events } = connecting({ token: 'short' });
  socket.open();
  welcome(socket, field(10, 60n), field(11, '42'));
  socket.onclose({ code: 3002, reason: '' });
  client.connect();
  assert.ok(last(events, 'tokenNeeded'));
  assert.equal(client.state.kind, 'waiting');
  client.setToken('long');
  client.connect();
  FakeWebSocket.last.open();
  assert.ok(inHello(FakeWebSocket.last, 'long'));
});

test('options of a wrong type are TypeErrors that name them', () => {
  const url = 'ws://localhost/ws';
  for (const [option, value] of [['name', 5], ['token', {}], ['getToken', 'later']]) {
    assert.throws(() => new library.ChatClient(url, { [option]: value }), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, new RegExp(`^new ChatClient: ${option} must be `));
      return true;
    });
  }
  const client = new library.ChatClient(url, { name: 'Mira', token: null, getToken: undefined });
  assert.equal(client.name, 'Mira');
  assert.equal(client.mayRename, false, 'nobody knows yet');
});

const INFO = JSON.stringify({ color: '#fc0', badge: ' Elder ', avatar: 'http://insecure.example/a.png', level: 7 });
const SETTINGS = message(field(1, 'Trade only'), field(2, 5000n), field(3, 100n), field(4, 1n), field(5, 1n));

/** A client in a room with these settings, and a member with an account. */
function inRoom(settings) {
  const made = online();
  made.client.join('market');
  const member = message(field(1, 9n), field(2, 'Ben'), field(3, 'user-9'), field(4, INFO));
  const fields = [field(1, 'market'), field(2, 5n), field(3, 1n), field(7, 2n), field(8, 1n), field(9, member)];
  made.socket.receive(reply(2n, JOINED, message(...fields, field(10, settings))));
  return made;
}

test('members, lines and whispers tell the account and what the game shows of it', () => {
  const { client, socket, events } = inRoom(message());
  const expected = { user: 'user-9', info: JSON.parse(INFO), look: { color: '#ffcc00', badge: 'Elder' } };
  const [{ members: [{ user, info, look }] }] = client.rooms;
  assert.deepEqual({ user, info, look }, expected);
  const line = [field(1, 'market'), field(2, 5n), field(3, 1n), field(5, 9n), field(6, 'Ben'), field(8, 'hi'), field(11, 'user-9')];
  socket.receive(push(22, message(...line, field(12, INFO))));
  const said = last(events, 'line');
  assert.deepEqual({ user: said.user, info: said.info, look: said.look }, expected);
  const whisper = [field(1, 1n), field(3, 9n), field(4, 'Ben'), field(5, 7n), field(8, 'psst'), field(10, 'user-9'), field(11, 'null')];
  socket.receive(push(23, message(...whisper)));
  const whispered = last(events, 'whisper');
  assert.deepEqual([whispered.senderUser, whispered.senderInfo, whispered.senderLook], ['user-9', {}, {}]);
});

test('a line of the same user on another device is own, and no message of this client', () => {
  const { socket, events } = inRoom(message());
  const line = [field(1, 'market'), field(2, 5n), field(3, 1n), field(5, 7n), field(6, 'Anna'), field(7, 3n), field(8, 'from my phone'), field(10, 99n)];
  socket.receive(push(22, message(...line)));
  const { own, nonce } = last(events, 'line');
  assert.deepEqual({ own, nonce }, { own: true, nonce: 0n });
});

test('what holds in a room is told, and what changes', () => {
  const { client, socket, events } = inRoom(SETTINGS);
  assert.deepEqual(client.rooms[0].settings, {
    topic: 'Trade only', slowMode: 5000, textBytes: 100, readOnly: true, announceOnly: true, noHistory: false, noMembers: false,
    mayRemove: false,
    mayModerate: false,
  });
  assert.equal(client.rooms[0].wait, 0);
  assert.throws(() => client.say('market', 'hi'), { code: 'read-only' });
  socket.receive(push(ROOM_CHANGED, message(field(1, 'market'), field(2, message(field(2, 5000n), field(3, 100n))))));
  assert.equal(last(events, 'roomChanged')?.room, 'market');
  assert.throws(() => client.say('market', 'x'.repeat(101)), { code: 'text-too-long', limit: 100 });

  const nonce = client.say('market', 'hi');
  const line = [field(1, 'market'), field(2, 5n), field(3, 1n), field(5, 7n), field(6, 'Anna'), field(7, nonce), field(8, 'hi')];
  socket.receive(push(22, message(...line)));
  const slow = last(events, 'slowMode');
  assert.equal(slow?.room, 'market');
  for (const wait of [slow.wait, client.rooms[0].wait]) assert.ok(wait > 0 && wait <= 5000, `${wait}`);
});

test('a room that is full for now is told, and one that the user may not be in any more', () => {
  const { client, socket, events } = inRoom(message());
  client.join('arena');
  socket.receive(reply(3n, ERROR, message(field(1, ROOM_FULL), field(2, 'arena'), field(2, '2'), field(3, 1n), field(4, 1000n))));
  const { room, failure } = last(events, 'joinDelayed');
  assert.deepEqual([room, failure.code, failure.temporary], ['arena', 'room-full', true]);
  client.join('vault');
  socket.receive(reply(4n, ERROR, message(field(1, FORBIDDEN), field(2, 'vault'), field(2, 'join'))));
  assert.equal(last(events, 'refused').failure.code, 'forbidden');
  socket.receive(push(REMOVED, message(field(1, 'market'), field(2, 1n))));
  assert.deepEqual({ ...last(events, 'removed') }, {
    type: 'removed', room: 'market', reason: 'forbidden', sanction: undefined,
  });
  assert.deepEqual(client.rooms.map(({ name }) => name), ['arena']);
});
