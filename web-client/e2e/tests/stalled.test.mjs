// One client among fifty stops reading: the server closes it, and the others are not
// delayed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

const READERS = 48;
const ROUNDS = 150;
// All rounds together are far more than the client's outbox and the system's buffers
// hold.
const TEXT_BYTES = 16_000;

/** Encodes the packet in which client `id` says `text`. */
function packet(id, text) {
  const varint = (number) => (number < 128 ? [number] : [number % 128 | 128, ...varint(number >> 7)]);
  const body = Buffer.from(text);
  const inner = Buffer.from([0x0a, ...varint(body.length)]);
  return Buffer.concat([Buffer.from([0x08, ...varint(id), 0x12, ...varint(inner.length + body.length)]), inner, body]);
}

test('a stalled client among fifty does not delay the others', async (context) => {
  const stalled = await fixture.tutorialClient('stalled');
  const speaker = await fixture.tutorialClient('speaker');
  const readers = [];
  for (let number = 0; number < READERS; number += 1) {
    readers.push(await fixture.tutorialClient(`reader ${number}`));
  }
  stalled.tell({ do: 'stall' });
  await stalled.events.first(({ event }) => event === 'stalled', 'the stall');

  let longest = 0;
  const expected = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = `${round}:`.padEnd(TEXT_BYTES, 'x');
    expected.push(createHash('sha256').update(packet(speaker.id, text)).digest('hex'));
    const started = performance.now();
    speaker.say(text);
    await Promise.all(readers.map((reader) => reader.hear(text)));
    longest = Math.max(longest, performance.now() - started);
  }
  context.diagnostic(`the longest of ${ROUNDS} rounds took ${longest.toFixed(0)} ms`);

  // Every reader has everything, in order and byte for byte, and stays connected.
  for (const reader of readers) {
    assert.deepEqual(reader.chats.map(({ sha256 }) => sha256), expected);
    assert.ok(reader.events.all.every(({ event }) => event !== 'closed'));
  }
  // The client had really stalled, and the server went on all the same: it closed the
  // client because its outbox was full, which a server that waits would not have filled.
  await fixture.server.log.first(
    (line) => line.includes(`client=${stalled.id} `) && line.includes('closed with 3000'),
    'the end of the stalled client in the log',
  );
  const ends = fixture.server.log.all.filter((line) => line.includes('client disconnected'));
  assert.equal(ends.length, 1, ends.join('\n'));
});
