// After a lost connection, everything that was said meanwhile is there: once and in
// order.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

/** The numbers and texts of the lines that are shown. */
function lines(chat) {
  return chat.messages.evaluateAll((messages) =>
    messages.map(({ dataset, children }) => {
      const text = [...children].find((child) => child.className === 'text');
      return `${dataset.seq}: ${text.textContent}`;
    }),
  );
}

test('after a lost connection both pages show the same lines, each once', async () => {
  const proxy = await fixture.cutProxy();
  const anna = await fixture.page({ url: proxy.url, name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await anna.say('before');
  await ben.hears('before');

  proxy.cut();
  await anna.shows(/^Reconnecting in \d+ s$/);
  for (const text of ['ben 1', 'ben 2', 'ben 3']) await ben.say(text);
  await ben.hears('ben 3');
  // A text that is sent meanwhile waits, and the page says so.
  await anna.say('anna 1');
  await anna.say('anna 2');
  assert.equal(await anna.input.inputValue(), '');
  assert.deepEqual(await anna.outbox.locator('.text').allTextContents(), ['anna 1', 'anna 2']);
  assert.deepEqual(await anna.outbox.locator('.delivery').allTextContents(), ['Sending…', 'Sending…']);

  proxy.restore();
  await anna.shows('Connected');
  await ben.hears('anna 2');
  await anna.messages.filter({ hasText: 'anna 2' }).waitFor();
  const expected = ['before', 'ben 1', 'ben 2', 'ben 3', 'anna 1', 'anna 2'];
  assert.deepEqual(await lines(ben), expected.map((text, index) => `${index + 1}: ${text}`));
  assert.deepEqual(await lines(anna), await lines(ben));
  assert.equal(await anna.outbox.count(), 0);
  assert.equal(await anna.ownName.textContent(), 'Anna');

  // Again, in the middle of a conversation.
  for (let round = 0; round < 5; round += 1) {
    for (let number = 0; number < 10; number += 1) {
      await Promise.all([anna.say(`a ${round}.${number}`), ben.say(`b ${round}.${number}`)]);
      if (number === 4) proxy.cut();
    }
    proxy.restore();
    await anna.page.getByRole('button', { name: 'Try now' }).click({ timeout: 2_000 }).catch(() => {});
    await anna.shows('Connected');
  }
  await anna.say('the last');
  await ben.hears('the last');
  await anna.messages.filter({ hasText: 'the last' }).waitFor();
  const shown = await lines(ben);
  assert.equal(new Set(shown).size, 6 + 100 + 1, 'each once');
  assert.deepEqual(shown.map((line) => parseInt(line, 10)), shown.map((_, index) => index + 1));
  assert.deepEqual(await lines(anna), shown);
  const said = (who) => shown.map((line) => line.split(': ')[1]).filter((text) => text.startsWith(`${who} `));
  for (const who of ['a', 'b']) assert.deepEqual(said(who), [...said(who)].sort(), `the order of ${who}`);
});

test('whispers that were sent meanwhile are there and count as unread', async () => {
  const proxy = await fixture.cutProxy();
  const anna = await fixture.page({ url: proxy.url, name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  proxy.cut();
  await anna.shows(/^Reconnecting/);
  await ben.say('/w Anna one');
  // The answer opens Anna's tab. Text typed before that would stay in the other tab.
  await ben.isIn('Anna');
  await ben.say('/w Anna two');
  await ben.hears('two');
  proxy.restore();
  await anna.shows('Connected');
  await anna.tab('Ben').locator('.badge').filter({ hasText: /^2$/ }).waitFor();
  await anna.goTo('Ben');
  assert.deepEqual(await anna.texts(), ['one', 'two']);
});

test('a text that waits is sent to a new server as well', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.say('to the old one');
  await anna.messages.first().waitFor();
  await fixture.server.kill();
  await anna.shows(/^Reconnecting/);
  await anna.say('to the new one');
  await fixture.server.restart();
  await anna.shows('Connected');
  const ben = await fixture.page({ name: 'Ben' });
  await ben.hears('to the new one');
  await anna.outbox.waitFor({ state: 'detached' });
  // The new server does not have the old lines, and the page says so.
  assert.deepEqual(await ben.texts(), ['to the new one']);
  const order = await anna.log.locator('.message .text, .notice').allTextContents();
  assert.equal(order[0], 'to the old one');
  assert.notEqual(order.indexOf('to the new one'), 1, `a notice is in between: ${order}`);
  assert.equal(await anna.ownName.textContent(), 'Anna');
});
