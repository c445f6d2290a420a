// What the library says to a game that uses it in a wrong way, and what a game can do
// with the values that it gets. No server is behind these clients.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeClients, FakeWebSocket, field, library, load, message, online, reply } from '../library.mjs';

before(load);
afterEach(closeClients);

/** A value of each type of JavaScript. */
const VALUES = {
  undefined: undefined,
  null: null,
  number: 5,
  bigint: 5n,
  boolean: true,
  string: 'text',
  symbol: Symbol('symbol'),
  function: () => {},
  object: {},
  array: ['text'],
  date: new Date(0),
  'object of a string': new String('text'),
  'array of numbers': [8, 7],
  bytes: new Uint8Array([8, 7]),
};

/** Every function with arguments: what is called, with which right arguments, and the
 *  types that each argument may have. */
const TEXT = ['string'];
const FLAG = ['boolean', 'undefined', 'null'];
const SEQ = ['bigint'];
const USER = ['string', 'bigint'];
const ROOM_OR_NONE = ['string', 'undefined', 'null'];
const CALLS = {
  constructor: [[TEXT, [...TEXT, 'undefined', 'null', 'object']], ['ws://localhost/ws', 'Anna']],
  setToken: [[TEXT], ['']],
  join: [[TEXT], ['den']],
  leave: [[TEXT], ['den']],
  say: [[TEXT, TEXT, FLAG], ['lobby', 'hi', true]],
  whisper: [[['string', 'bigint'], TEXT, FLAG], ['Ben', 'hi', true]],
  retry: [[['bigint']], [7n]],
  discard: [[['bigint']], [7n]],
  rename: [[TEXT], ['Dora']],
  listMembers: [[TEXT], ['lobby']],
  fetchHistory: [[TEXT], ['lobby']],
  reply: [[TEXT, SEQ, TEXT, FLAG], ['lobby', 1n, 'hi', true]],
  edit: [[TEXT, SEQ, TEXT], ['lobby', 1n, 'hi']],
  remove: [[TEXT, SEQ], ['lobby', 1n]],
  react: [[TEXT, SEQ, TEXT, FLAG], ['lobby', 1n, '👍', true]],
  markRead: [[TEXT, SEQ], ['lobby', 1n]],
  search: [[['object']], [{ text: 'gold', speaker: 7n, before: 5 }]],
  fetchHistoryOf: [[TEXT, ['object']], ['lobby', { after: 5 }]],
  block: [[USER], ['Ben']],
  unblock: [[USER], [9n]],
  report: [[['object']], [{ room: 'lobby', seq: 1n, reason: 'spam', note: 'again' }]],
  impose: [[['object']], [{ kind: 'mute', user: 'Ben', room: 'lobby', seconds: 60 }]],
  lift: [[['object']], [{ kind: 'ban', user: 9n }]],
  changeRoom: [[TEXT, ['object']], ['lobby', { slowMode: 5_000 }]],
  clear: [[TEXT], ['lobby']],
  purge: [[USER, ROOM_OR_NONE], ['Ben', 'lobby']],
  setRole: [[USER, TEXT, ROOM_OR_NONE], ['Ben', 'moderator', 'lobby']],
  listModerators: [[TEXT], ['lobby']],
  listSanctions: [[ROOM_OR_NONE], ['lobby']],
  muted: [[ROOM_OR_NONE], ['lobby']],
  onevent: [[['function', 'undefined', 'null']], [() => {}]],
  decodePacket: [[['bytes']], [new Uint8Array([0x08, 0x07])]],
};

/** Calls what has this name. */
function call(client, name, values) {
  if (name === 'constructor') return new library.ChatClient(...values);
  if (name === 'decodePacket') return library.decodePacket(...values);
  if (name === 'onevent') {
    [client.onevent] = values;
    return undefined;
  }
  return client[name](...values);
}

test('an argument of a wrong type is a TypeError that names it', () => {
  const { client, socket, events } = online();
  client.join('lobby');
  socket.receive(reply(2n, 4, message(field(1, 'lobby'), field(2, 5n), field(3, 10n), field(4, 9n), field(8, 1n))));
  const [sent, told] = [socket.sent.length, events.length];
  for (const [name, [types, right]] of Object.entries(CALLS)) {
    for (const [at, allowed] of types.entries()) {
      for (const [type, value] of Object.entries(VALUES)) {
        if (allowed.includes(type)) continue;
        const values = right.with(at, value);
        const what = `${name} with ${type} as argument ${at}`;
        assert.throws(() => call(client, name, values), (error) => {
          assert.ok(error instanceof TypeError, `${what}: ${error}`);
          const found = value === null ? 'null' : typeof value;
          assert.match(error.message, new RegExp(`\\w+ must be an? .*, and is (an? )?${found}$`), what);
          return true;
        });
      }
    }
  }
  // A call without arguments.
  assert.throws(() => client.say(), { name: 'TypeError', message: 'say: room must be a string, and is undefined' });
  assert.throws(() => client.say('lobby', 5), { name: 'TypeError', message: 'say: text must be a string, and is a number' });
  assert.throws(() => client.whisper(7, 'hi'), {
    name: 'TypeError', message: 'whisper: to must be a name (string) or an ID (bigint), and is a number',
  });
  assert.equal(socket.sent.length, sent, 'nothing was sent');
  assert.equal(events.length, told, 'nothing has happened');

  // The client works as before.
  for (const [name, [, right]] of Object.entries(CALLS)) {
    if (['leave', 'discard', 'retry'].includes(name)) continue;
    call(client, name, right);
  }
});

test('these are all functions with arguments', () => {
  const named = Object.getOwnPropertyDescriptors(library.ChatClient.prototype);
  const takes = ([name, { value, set }]) => (set ?? value)?.length > 0 && !name.startsWith('__');
  const methods = Object.entries(named).filter(takes).map(([name]) => name);
  const functions = ['initSync', 'default', 'ChatClient'];
  const free = Object.keys(library).filter((name) => !functions.includes(name));
  assert.deepEqual([...methods, ...free].sort(), Object.keys(CALLS).sort());
});

test('a number that no message can have is a RangeError', () => {
  const { client } = online();
  for (const nonce of [-1n, 2n ** 64n]) {
    for (const name of ['retry', 'discard']) {
      const expected = { name: 'RangeError', message: `${name}: nonce must be from 0 to 2^64 - 1` };
      assert.throws(() => client[name](nonce), expected);
    }
    assert.throws(() => client.whisper(nonce, 'hi'), { code: 'no-receiver' });
  }
});

test('onevent is what was set, and null at first', () => {
  const client = new library.ChatClient('ws://localhost/ws');
  assert.equal(client.onevent, null);
  const first = () => {};
  client.onevent = first;
  assert.equal(client.onevent, first);
  assert.throws(() => { client.onevent = 'second'; }, TypeError);
  assert.equal(client.onevent, first, 'a wrong value changes nothing');
  client.onevent = undefined;
  assert.equal(client.onevent, null);
});

/** What JSON keeps of a value: each bigint is a string, and nothing undefined is left. */
function asJson(value) {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, it]) => it !== undefined);
  return Object.fromEntries(entries.map(([key, it]) => [key, asJson(it)]));
}

test('everything that the library hands out can be written as JSON and cloned', () => {
  const large = 2n ** 63n - 1n;
  const { client, socket, events } = online(large);
  client.join('lobby');
  const member = message(field(1, large), field(2, 'Anna'));
  const joined = [field(1, 'lobby'), field(2, 5n), field(3, large), field(4, large), field(7, 1n), field(8, 1n)];
  socket.receive(reply(2n, 4, message(...joined, field(9, member))));
  const line = message(
    field(1, 'lobby'), field(2, 5n), field(3, large), field(4, 1_700_000_000_123n),
    field(5, large), field(6, 'Anna'), field(8, 'hi'),
  );
  socket.receive(field(22, line).toString('hex'));
  const nonce = client.whisper('Nobody', 'psst');
  socket.receive(reply(nonce, 2, message(field(1, 13n), field(2, 'Nobody'))));
  client.say('lobby', 'on its way');

  const values = [...events, ...client.rooms, client.rooms, client.state];
  values.push(library.decodePacket(new Uint8Array([0x08, 0x07])));
  assert.ok(values.some(({ type }) => type === 'line'), 'a line was received');
  assert.ok(values.some(({ type }) => type === 'failed'), 'a whisper has failed');
  for (const value of values) {
    // The bytes of a packet have numbers for names in JSON, as all bytes do.
    const json = JSON.parse(JSON.stringify(value));
    if (value.bytes === undefined) assert.deepEqual(json, asJson(value));
    assert.deepEqual(structuredClone(value), value);
    assert.ok(!Object.keys(value).includes('toJSON'));
  }
  assert.equal(JSON.parse(JSON.stringify(client.rooms))[0].members[0].id, `${large}`);
  // A game that adds to an event finds that in its JSON.
  const event = Object.assign(events.at(-1), { shown: true });
  assert.equal(JSON.parse(JSON.stringify(event)).shown, true);

  assert.deepEqual(JSON.parse(JSON.stringify(client)), {
    name: 'Anna', id: `${large}`, state: { kind: 'online' }, rooms: asJson(client.rooms),
  });
  const { id } = JSON.parse(JSON.stringify(new library.ChatClient('ws://localhost/ws')));
  assert.equal(id, undefined);
});

/** Connects a client on a page of this origin, whose sockets all close before they open. */
function refused({ origin, attempts, opens = 0 }) {
  globalThis.origin = origin;
  const client = new library.ChatClient('ws://chat.example/ws');
  const states = [];
  client.onevent = ({ type, state }) => type === 'state' && states.push(state);
  client.connect();
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // The last one is the probe, if there is one: it is opened after the attempt has failed.
    const socket = FakeWebSocket.last;
    if (attempt < opens) {
      socket.open();
      socket.receive(reply(BigInt(attempt + 1), 3, message(field(1, 1n), field(2, 7n), field(3, 'Anna'))));
    }
    socket.onclose({ code: 1006, reason: '' });
    const probe = FakeWebSocket.last;
    if (probe !== socket) probe.onclose({ code: 1006, reason: '' });
    client.connect();
  }
  client.close();
  delete globalThis.origin;
  return states.filter(({ kind }) => kind === 'waiting').map(({ reason }) => reason);
}

test('after attempts that never opened, the reason names --allow-origin', () => {
  const hint = /--allow-origin http:\/\/game\.example$/;
  const reasons = refused({ origin: 'http://game.example', attempts: 4 });
  assert.deepEqual(reasons.map((reason) => hint.test(reason)), [false, false, true, true], reasons.join('\n'));
  // The server's own page, a client in Node, and a client that was accepted once.
  for (const options of [{ origin: 'http://chat.example' }, {}, { origin: 'http://game.example', opens: 1 }]) {
    assert.deepEqual(refused({ attempts: 4, ...options }), ['', '', '', ''], JSON.stringify(options));
  }
});
