// A server that does not allow the page's origin. A browser does not tell the page, so
// the client says what the likely cause is.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';
import { Site } from '../site.mjs';

const fixture = Fixture.forEachTest();

test('a game on another host learns that --allow-origin is missing', async () => {
  const site = await Site.open();
  const page = await fixture.browser.newPage();
  try {
    await page.goto(site.origin);
    const reasons = await page.evaluate(async (url) => {
      const { default: init, ChatClient } = await import('/guildhall.js');
      await init();
      const client = new ChatClient(url);
      const reasons = [];
      await new Promise((resolve) => {
        client.onevent = ({ type, state }) => {
          if (type !== 'state' || state.kind !== 'waiting') return;
          reasons.push(state.reason);
          if (reasons.length === 4) resolve();
          // The next attempt at once, but not within this event.
          else setTimeout(() => client.connect());
        };
        client.connect();
      });
      client.close();
      return reasons;
    }, fixture.server.chat);
    const [first, second, ...hints] = reasons;
    assert.deepEqual([first, second], ['', '']);
    for (const hint of hints) assert.ok(hint.endsWith(`--allow-origin ${site.origin}`), hint);
    // The operator finds it in the server's log, too.
    await fixture.server.log.first((line) => line.includes(site.origin), 'a line of the refusal');
  } finally {
    await page.close();
    site.close();
  }
});

test('the page of another server says so in the language of its user', async () => {
  const host = await fixture.anotherServer({ flags: ['--page-server', '*'] });
  const { origin } = new URL(host.url);
  const url = `${host.url}?server=${encodeURIComponent(fixture.server.chat)}`;
  const stranger = await fixture.page({ url, settled: false });
  await stranger.introduce('Stranger');
  const reason = stranger.page.locator('#reason');
  await reason.filter({ hasText: `--allow-origin ${origin}` }).waitFor();
  await stranger.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
  await reason.filter({ hasText: 'erlaubt er vielleicht diese Seite nicht' }).waitFor();

  // Its own page does not ask for that.
  await host.kill();
  const own = await fixture.page({ name: 'Own' });
  await fixture.server.kill();
  await own.page.locator('#status[data-state=waiting]').waitFor();
  assert.equal(await own.page.locator('#reason').textContent(), 'No connection to the server. What you send waits here.');
});
