// The client distinguishes a server that does not speak the subprotocol from one whose
// handshakes are cut. For the client, a browser reports both in the same way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HandshakeProxy } from '../handshake_proxy.mjs';
import { Fixture } from '../fixture.mjs';
import { Site } from '../site.mjs';

const fixture = Fixture.forEachTest();

/** How many attempts in a row must fail: docs/client.md. */
const ENOUGH = 5;

test('the page says that a server does not speak the subprotocol', async () => {
  const proxy = await HandshakeProxy.start({ port: fixture.server.port, hides: true });
  try {
    const anna = await fixture.page({ url: proxy.url, settled: false });
    await anna.introduce('Anna');
    await anna.shows('Disconnected');
    const reason = anna.page.locator('#reason');
    assert.equal(await reason.textContent(), 'The server does not speak guildhall.v1.');
    assert.ok(proxy.offers >= ENOUGH, `${proxy.offers} attempts`);
    assert.ok(proxy.plain >= ENOUGH - 1, `${proxy.plain} probes`);
    assert.ok(anna.states.some((words) => /^Reconnecting/.test(words)), anna.states.join(', '));
    await anna.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
    assert.equal(await reason.textContent(), 'Der Server spricht kein guildhall.v1.');
    // The user can try again.
    await anna.page.getByRole('button', { name: 'Neu verbinden' }).click();
    await anna.shows('Getrennt');
    assert.ok(proxy.offers >= 2 * ENOUGH, `${proxy.offers} attempts`);
  } finally {
    await proxy.end();
  }
});

test('cut handshakes do not look like a server without the subprotocol', async () => {
  const cuts = ENOUGH - 1;
  const proxy = await HandshakeProxy.start({ port: fixture.server.port, cuts });
  try {
    const anna = await fixture.page({ url: proxy.url, name: 'Anna' });
    assert.equal(proxy.offers, cuts + 1);
    assert.ok(proxy.plain > 0, 'the client has probed the server');
    assert.ok(!anna.states.includes('Disconnected'), anna.states.join(', '));
    const ben = await fixture.page({ name: 'Ben' });
    await anna.say('here I am');
    await ben.hears('here I am');
  } finally {
    await proxy.end();
  }
});

test('the library distinguishes them as well', async () => {
  const site = await Site.open();
  const server = await fixture.anotherServer({ flags: [`--allow-origin=${site.origin}`] });
  const other = await HandshakeProxy.start({ port: server.port, hides: true });
  const cutting = await HandshakeProxy.start({ port: server.port, cuts: ENOUGH - 1 });
  const page = await fixture.browser.newPage();
  try {
    await page.goto(site.origin);
    const ends = await page.evaluate(async (urls) => {
      const { default: init, ChatClient } = await import('/guildhall.js');
      await init();
      const end = (url) =>
        new Promise((resolve) => {
          const client = new ChatClient(url);
          client.onevent = ({ type, state }) => {
            if (type === 'state' && ['online', 'closed'].includes(state.kind)) resolve(state);
          };
          client.connect();
        });
      return Promise.all(urls.map(end));
    }, [other.chat, cutting.chat]);
    assert.deepEqual(ends, [
      { kind: 'closed', code: 0, reason: 'the server does not speak guildhall.v1' },
      { kind: 'online' },
    ]);
  } finally {
    await page.close();
    await other.end();
    await cutting.end();
    site.close();
  }
});
