// A server that does not speak the subprotocol is told from one whose
// handshakes are cut, which a browser does not tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Doorman } from '../doorman.mjs';
import { Hall } from '../hall.mjs';
import { Site } from '../site.mjs';

const hall = Hall.forEachTest();

/** So many attempts in turn have to fail: docs/client.md. */
const ENOUGH = 5;

test('a server of another kind is found out, and the page says so', async () => {
  const doorman = await Doorman.start({ port: hall.server.port, hides: true });
  try {
    const anna = await hall.page({ url: doorman.url, settled: false });
    await anna.introduce('Anna');
    await anna.shows('Disconnected');
    const reason = anna.page.locator('#reason');
    assert.equal(await reason.textContent(), 'The server does not speak guildhall.v1.');
    assert.ok(doorman.offers >= ENOUGH, `${doorman.offers} attempts`);
    assert.ok(doorman.plain >= ENOUGH - 1, `${doorman.plain} probes`);
    assert.ok(anna.states.some((words) => /^Reconnecting/.test(words)), anna.states.join(', '));
    await anna.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
    assert.equal(await reason.textContent(), 'Der Server spricht kein guildhall.v1.');
    // Whoever wants to try again may.
    await anna.page.getByRole('button', { name: 'Neu verbinden' }).click();
    await anna.shows('Getrennt');
    assert.ok(doorman.offers >= 2 * ENOUGH, `${doorman.offers} attempts`);
  } finally {
    await doorman.end();
  }
});

test('first handshakes that are cut do not make it one', async () => {
  const cuts = ENOUGH - 1;
  const doorman = await Doorman.start({ port: hall.server.port, cuts });
  try {
    const anna = await hall.page({ url: doorman.url, name: 'Anna' });
    assert.equal(doorman.offers, cuts + 1);
    assert.ok(doorman.plain > 0, 'it was probed');
    assert.ok(!anna.states.includes('Disconnected'), anna.states.join(', '));
    const ben = await hall.page({ name: 'Ben' });
    await anna.say('here I am');
    await ben.hears('here I am');
  } finally {
    await doorman.end();
  }
});

test('a web game is told the same', async () => {
  const site = await Site.open();
  const server = await hall.anotherServer({ flags: [`--allow-origin=${site.origin}`] });
  const other = await Doorman.start({ port: server.port, hides: true });
  const cutting = await Doorman.start({ port: server.port, cuts: ENOUGH - 1 });
  const page = await hall.browser.newPage();
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
