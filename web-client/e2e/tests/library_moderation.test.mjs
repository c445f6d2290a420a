// Moderation in the library: sanctions of the user, the users that it blocks,
// reports, messages that wait, and the requests of moderators. No server is behind these
// clients.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';

import { closeClients, field, load, message, online, reply } from '../library.mjs';

before(load);
afterEach(closeClients);

const SINCE = 1_700_000_000_000n;

/** A sanction with this number, and what else it has. */
const sanction = (id, kind, room, until, ...more) => message(
  field(1, id), field(2, kind), field(3, room), field(4, SINCE), field(5, until), field(6, 1n),
  field(7, 'Say it once'), field(9, 'appeals@example.org'), ...more,
);

const push = (number, ...fields) => field(number, message(...fields)).toString('hex');

/** A client in the lobby, where line 1 is the newest; requests 1 and 2 have their answers. */
function inLobby() {
  const it = online();
  it.client.join('lobby');
  const joined = [field(1, 'lobby'), field(2, 5n), field(3, 2n), field(4, 1n), field(7, 1n), field(8, 1n)];
  it.socket.receive(reply(2n, 4, message(...joined)));
  it.events.length = 0;
  return it;
}

test('a muted user learns why and until when, and says nothing', () => {
  const { client, socket, events } = inLobby();
  assert.equal(client.muted('lobby'), undefined);
  // Welcome has no time here: the server's clock began at 0.
  socket.receive(push(32, field(1, sanction(5n, 1n, 'lobby', 60_000n, field(8, 1n)))));
  const [{ type, sanction: told }] = events;
  assert.equal(type, 'sanctioned');
  assert.equal(told.id, 5n);
  assert.deepEqual({ ...told, id: undefined, left: undefined }, {
    id: undefined, kind: 'mute', room: 'lobby', since: Number(SINCE), until: 60_000, left: undefined,
    reason: 'spam', rule: 'Say it once', automated: true, appeal: 'appeals@example.org',
  });
  assert.ok(told.left > 50_000 && told.left <= 60_000, `${told.left}`);
  assert.equal(client.muted('lobby').id, 5n);
  assert.equal(client.muted(), undefined, 'whispers are open');
  assert.equal(client.sanctions.length, 1);
  const sent = socket.sent.length;
  assert.throws(() => client.say('lobby', 'hi'), { code: 'muted' });
  assert.equal(socket.sent.length, sent);
  socket.receive(push(32));
  assert.deepEqual(events.slice(1).map((event) => [event.type, event.sanction.id]), [['sanctionEnded', 5n]]);
  assert.equal(client.muted('lobby'), undefined);
  client.say('lobby', 'hi');
});

test('blocks are told as they change', () => {
  const { client, socket, events } = inLobby();
  assert.equal(client.blocks, undefined);
  client.block('Ben');
  const ben = message(field(1, 9n), field(2, 'Ben'));
  socket.receive(reply(3n, 16, field(1, ben)));
  assert.deepEqual(events.map(({ type }) => type), ['blocksChanged', 'done']);
  assert.deepEqual([events[1].request, events[1].subject], ['block', 'Ben']);
  assert.deepEqual(client.blocks.map(({ id, name }) => [id, name]), [[9n, 'Ben']]);
  client.unblock(9n);
  socket.receive(reply(4n, 16, ''));
  assert.equal(events.at(-1).request, 'unblock');
  assert.deepEqual(client.blocks, []);
  client.listBlocks();
  socket.receive(reply(5n, 16, field(1, ben)));
  assert.deepEqual(events.at(-1).users.map(({ name }) => name), ['Ben']);
});

test('a report has a receipt, and what was decided follows', () => {
  const { client, socket, events } = inLobby();
  client.report({ room: 'lobby', seq: 1n, reason: 'self-harm', note: 'help' });
  const request = message(
    field(1, 'lobby'), field(2, message(field(1, 5n), field(2, 1n))), field(6, 7n), field(7, 'help'),
  );
  assert.equal(socket.sent.at(-1), field(20, message(field(1, 3n), field(20, request))).toString('hex'));
  socket.receive(reply(3n, 17, field(1, 41n)));
  socket.receive(push(35, field(1, 41n), field(2, 1n), field(3, 'Thank you')));
  assert.deepEqual(events.map(({ type, id, acted, words }) => [type, id, acted, words]), [
    ['reported', 41n, undefined, undefined], ['reportDecided', 41n, true, 'Thank you'],
  ]);
  assert.throws(() => client.report({ whisper: 1n }), { code: 'no-such-line' });
  assert.throws(() => client.report({ user: '' }), { code: 'empty-text' });
  assert.throws(() => client.report({}), { name: 'TypeError' });
  assert.throws(() => client.report({ user: 'Ben', reason: 'rude' }), { name: 'RangeError' });
});

test('a message that waits for a moderator is published or rejected', () => {
  const { client, socket, events } = inLobby();
  const first = client.say('lobby', 'one');
  const second = client.say('lobby', 'two');
  for (const nonce of [first, second]) socket.receive(reply(nonce, 26, ''));
  const line = message(
    field(1, 'lobby'), field(2, 5n), field(3, 2n), field(5, 7n), field(7, first), field(8, 'one'),
  );
  socket.receive(field(22, line).toString('hex'));
  socket.receive(push(33, field(1, 'lobby'), field(2, second), field(3, 7n), field(4, 'Not here')));
  socket.receive(push(33, field(1, 'lobby'), field(2, 99n), field(3, 8n), field(4, 'No')));
  const told = events.filter(({ type }) => ['held', 'sent', 'failed', 'rejected'].includes(type));
  assert.deepEqual(told.map(({ type, nonce }) => [type, nonce]), [
    ['held', first], ['held', second], ['sent', first], ['failed', second], ['rejected', undefined],
  ]);
  const { code, arguments: words } = told[3].failure;
  assert.deepEqual([code, words], ['rejected', ['Not here']]);
  assert.equal(told[4].words, 'No');
});

test('moderators impose, change and remove, and get answers', () => {
  const { client, socket, events } = inLobby();
  client.impose({ kind: 'ban', user: 'Ben', seconds: 600, reason: 'hate', rule: 'No', note: 'x', address: true });
  const impose = message(
    field(1, 2n), field(4, 'Ben'), field(5, 600n), field(6, 3n), field(7, 'No'), field(8, 'x'), field(9, 1n),
  );
  assert.equal(socket.sent.at(-1), field(20, message(field(1, 3n), field(21, impose))).toString('hex'));
  const ben = field(10, message(field(1, 9n), field(2, 'Ben')));
  const imposed = sanction(5n, 2n, '', 0n, ben, field(11, 'Anna'), field(12, 'x'));
  socket.receive(reply(3n, 18, field(1, imposed)));
  assert.deepEqual(client.sanctions, [], 'it holds against another user');
  const { kind, user, by, note, left } = events.at(-1).sanction;
  assert.deepEqual([kind, user.name, by, note, left], ['ban', 'Ben', 'Anna', 'x', undefined]);
  client.lift({ kind: 'ban', user: 9n });
  socket.receive(reply(4n, 19, ''));
  client.changeRoom('lobby', { slowMode: 1_500, topic: 'Raid' });
  const change = message(field(1, 'lobby'), field(2, 'Raid'), field(3, 2n));
  assert.equal(socket.sent.at(-1), field(20, message(field(1, 5n), field(23, change))).toString('hex'));
  socket.receive(reply(5n, 20, message(field(1, 'lobby'), field(2, message(field(1, 'Raid'), field(9, 1n))))));
  assert.equal(client.rooms[0].settings.topic, 'Raid');
  assert.equal(client.rooms[0].settings.mayModerate, true);
  client.clear('lobby');
  socket.receive(reply(6n, 21, ''));
  client.purge('Ben');
  socket.receive(reply(7n, 22, field(1, 3n)));
  assert.deepEqual([events.at(-1).user, events.at(-1).rooms], ['Ben', 3]);
  client.setRole('Ben', 'moderator', 'lobby');
  socket.receive(reply(8n, 23, ''));
  client.listModerators('lobby');
  const moderator = message(field(1, message(field(1, 9n), field(2, 'Ben'))), field(2, 2n), field(3, 1n));
  socket.receive(reply(9n, 24, message(field(1, 'lobby'), field(2, moderator))));
  const [{ name, role, everywhere, present }] = events.at(-1).moderators;
  assert.deepEqual([name, role, everywhere, present], ['Ben', 'admin', true, false]);
  client.listSanctions();
  socket.receive(reply(10n, 25, message(field(1, imposed), field(2, 1n))));
  assert.deepEqual([events.at(-1).sanctions[0].user.name, events.at(-1).more], ['Ben', true]);
  const done = events.filter(({ type }) => type === 'done').map(({ request }) => request);
  assert.deepEqual(done, ['lift', 'changeRoom', 'clear', 'setRole']);
  assert.equal(client.role, 'player');
  assert.throws(() => client.impose({ kind: 'shadow', user: 'Ben' }), { name: 'RangeError' });
  assert.throws(() => client.impose({ user: 'Ben' }), { name: 'TypeError' });
  assert.throws(() => client.setRole('Ben', 'king'), { name: 'RangeError' });
  assert.throws(() => client.changeRoom('lobby', { slowMode: -1 }), { name: 'RangeError' });
});

test('rooms are cleared and purged without a trace, and the game moves the client', () => {
  const { client, socket, events } = inLobby();
  const change = (seq, kind, user) => field(22, message(
    field(1, 'lobby'), field(2, 5n), field(3, seq), field(5, 9n), field(6, 'Ben'),
    field(14, message(field(1, seq - 1n), field(2, kind), field(4, user))),
  )).toString('hex');
  const text = message(field(1, 'lobby'), field(2, 5n), field(3, 2n), field(5, 9n), field(8, 'hi'));
  socket.receive(field(22, text).toString('hex'));
  socket.receive(change(3n, 6n, 9n));
  socket.receive(change(4n, 5n, 0n));
  const hidden = message(field(1, 'lobby'), field(2, 5n), field(3, 5n), field(18, 1n));
  socket.receive(field(22, hidden).toString('hex'));
  assert.equal(client.rooms[0].lastSeq, 5n);
  assert.deepEqual(events.map(({ type, line, of }) => [type, line, of]), [
    ['line', undefined, undefined], ['linesPurged', 2n, 9n], ['linesCleared', 3n, undefined],
  ]);
  events.length = 0;
  const joined = message(field(1, 'match'), field(2, 6n), field(3, 1n), field(7, 1n));
  socket.receive(push(36, field(1, 'lobby'), field(2, joined)));
  const types = events.map(({ type, room }) => [type, room]);
  assert.deepEqual(types.slice(0, 3), [['moved', 'match'], ['left', 'lobby'], ['joined', 'match']]);
  assert.deepEqual(client.rooms.map(({ name }) => name), ['match']);
  const kick = field(3, sanction(6n, 3n, 'match', 0n));
  socket.receive(push(28, field(1, 'match'), field(2, 2n), kick));
  const { type, reason, sanction: why } = events.at(-1);
  assert.deepEqual([type, reason, why.kind, why.id], ['removed', 'kicked', 'kick', 6n]);
});
