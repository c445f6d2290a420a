// The server stops or is killed, and is started again: the pages reconnect.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

/** Asserts that both pages are online, and chat with each other and with a new client
 *  of the tutorial. */
async function chatAgain(anna, ben) {
  await Promise.all([anna.shows('Connected'), ben.shows('Connected')]);
  const tutorial = await fixture.tutorialClient('after the restart');
  await anna.say('anna is back');
  await tutorial.hear('anna is back');
  await ben.hears('anna is back');
  await ben.say('ben too');
  await tutorial.hear('ben too');
  await anna.hears('ben too');
  tutorial.say('and the tutorial');
  await Promise.all([anna.hears('and the tutorial'), ben.hears('and the tutorial')]);
}

test('the server is killed and started again: the pages reconnect by themselves', async () => {
  const anna = await fixture.page();
  const ben = await fixture.page();
  await anna.say('before');
  await ben.hears('before');

  await fixture.server.kill();
  await Promise.all([anna.shows(/^Reconnecting in \d+ s$/), ben.shows(/^Reconnecting in \d+ s$/)]);
  await fixture.server.restart();

  await chatAgain(anna, ben);
  // Earlier lines are still shown.
  assert.equal((await anna.texts())[0], 'before');
});

test('the server stops: the pages say so and reconnect to the next one', async () => {
  const anna = await fixture.page();
  const ben = await fixture.page();

  assert.equal(await fixture.server.stop(), 0, "the server's exit code");
  await Promise.all([anna.shows(/^Reconnecting in \d+ s$/), ben.shows(/^Reconnecting in \d+ s$/)]);
  await fixture.server.restart();

  await chatAgain(anna, ben);
  for (const { states } of [anna, ben]) {
    assert.equal(states.at(-1), 'Connected');
    assert.ok(states.some((words) => /^Reconnecting in \d+ s$/.test(words)), states.join(', '));
    assert.ok(states.slice(1).includes('Connecting…'), states.join(', '));
  }
});

test('a client of the tutorial gets a close frame when the server stops', async () => {
  const tutorial = await fixture.tutorialClient();
  assert.equal(await fixture.server.stop(), 0, "the server's exit code");
  const closed = await tutorial.events.first(({ event }) => event === 'closed', 'the close frame');
  assert.equal(closed.code, 1001);
  assert.notEqual(closed.reason, '');
});

test('a text that is sent while the server is down is said when it is up again', async () => {
  const anna = await fixture.page();
  await fixture.server.kill();
  await anna.shows(/^Reconnecting/);
  await anna.say('kept');
  // It is not lost, and the page does not show it as said.
  assert.equal(await anna.messages.count(), 0);
  assert.equal(await anna.outbox.getAttribute('data-state'), 'pending');
  assert.equal(await anna.outbox.locator('.text').textContent(), 'kept');
  // The page does not say that the room is quiet.
  await anna.page.locator('#empty').waitFor({ state: 'hidden' });

  await fixture.server.restart();
  await anna.shows('Connected');
  await anna.messages.filter({ hasText: 'kept' }).waitFor();
  assert.equal(await anna.outbox.count(), 0);
  const ben = await fixture.page();
  await ben.hears('kept');
  assert.deepEqual(await ben.texts(), ['kept'], 'once');
});
