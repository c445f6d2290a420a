// The network goes, the server freezes, the computer sleeps: the page says so at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

test('without a network the page says so at once, and reconnects when it is back', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  const context = anna.page.context();

  await context.setOffline(true);
  await anna.shows('No network');
  await anna.page.getByText('This device has no network. What you send waits here.').waitFor();
  await anna.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
  await anna.shows('Kein Netz');
  await anna.page.getByRole('combobox', { name: 'Sprache' }).selectOption('English');

  const before = anna.states.length;
  await context.setOffline(false);
  await anna.shows('Connected');
  // The old connection may be of no use in the new network.
  assert.ok(anna.states.slice(before).includes('Connecting…'), anna.states.join(', '));
  await anna.say('back');
  await ben.hears('back');
  await ben.say('good');
  await anna.hears('good');
  assert.equal(await anna.ownName.textContent(), 'Anna');
  assert.ok(await anna.page.locator('#trouble').isHidden());
});

test('a server that is gone when the network is back is another trouble', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.page.context().setOffline(true);
  await anna.shows('No network');
  await fixture.server.kill();
  await anna.page.context().setOffline(false);
  await anna.shows(/^Reconnecting/);
  assert.equal(
    await anna.page.locator('#reason').textContent(),
    'No connection to the server. What you send waits here.',
  );
});

test('a server on this side of the lost network goes on, and the page notices', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  // The event alone: the connection works as before.
  await anna.page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await anna.shows('No network');
  let said = 0;
  while ((await anna.status.textContent()) !== 'Connected') {
    await ben.say(`line ${(said += 1)}`);
    await anna.hears(`line ${said}`);
    await anna.page.waitForTimeout(200);
  }
  assert.ok(said > 1, 'not at what may have been on its way');
  assert.deepEqual(anna.states.slice(-2), ['No network', 'Connected']);
});

test('a frozen server does not answer: the page says so, and nothing is lost', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  fixture.server.freeze();
  await anna.say('are you there?');
  await anna.shows('No answer');
  await anna.page.getByText('The server does not answer. What you send waits here.').waitFor();
  await anna.page.getByRole('button', { name: 'Try now' }).waitFor();
  // The other page waits for nothing, so there is nothing to say.
  assert.equal(await ben.status.textContent(), 'Connected');

  fixture.server.thaw();
  await anna.shows('Connected');
  await anna.hears('are you there?');
  assert.ok(await anna.page.locator('#trouble').isHidden());
  assert.equal(await anna.outbox.count(), 0);
  assert.deepEqual(anna.states.slice(-3), ['Connected', 'No answer', 'Connected']);
});

test('"Try now" gives up a connection that does not answer', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  fixture.server.freeze();
  await anna.say('once');
  await anna.shows('No answer');
  await anna.page.getByRole('button', { name: 'Try now' }).click();
  await anna.shows('Connecting…');
  fixture.server.thaw();
  await anna.shows('Connected');
  await ben.hears('once');
  await anna.messages.filter({ hasText: 'once' }).waitFor();
  assert.deepEqual(await ben.texts(), ['once']);
  assert.deepEqual(await anna.texts(), ['once']);
});

/** What a browser does when the user comes back to the tab. */
function comeBack(chat) {
  return chat.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

test('a user who comes back to the tab does not wait, and learns of a dead server', async () => {
  const proxy = await fixture.cutProxy();
  const anna = await fixture.page({ name: 'Anna', url: proxy.url });
  // As after a computer has slept: nothing waits for an answer, and none would come.
  fixture.server.freeze();
  await comeBack(anna);
  await anna.shows('No answer');
  fixture.server.thaw();
  await anna.shows('Connected');
  // A question whose answer nobody wants to see is shown nowhere.
  assert.equal(await anna.notices.count(), 0);

  // A wait for the next attempt ends.
  proxy.cut();
  while (!/in (?!1 s)\d+ s$/.test(await anna.status.textContent())) await anna.page.waitForTimeout(50);
  proxy.restore();
  const before = anna.states.length;
  await comeBack(anna);
  await anna.shows('Connected');
  const waits = anna.states.slice(before).filter((words) => words.startsWith('Reconnecting'));
  assert.deepEqual(waits, []);
});
