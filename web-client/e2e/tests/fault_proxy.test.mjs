// Clients of the library in real browsers, behind a proxy that cuts their connections
// at any byte, 1,000 times: no client loses a line, receives one twice, or receives
// them in another order.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';

import { PATIENCE } from '../environment.mjs';
import { launch } from '../page.mjs';
import { FaultProxy } from '../fault_proxy.mjs';
import { ETERNAL, Server } from '../server.mjs';
import { Site } from '../site.mjs';
import { assertSameLines } from '../same_lines.mjs';
import { Observer } from '../observer.mjs';

/** A browser slows down a page whose connections fail too often, so there are several
 *  pages with few clients each. */
const PAGES = 8;
const CLIENTS = 2;
const CUTS = 1_000;

/** A connection is cut after at most so many bytes in one direction. */
const MOST_BYTES = 16_384;

/** Runs in the page: starts clients that talk while `storm.talks`, and records what
 *  each has received, and every event that should not happen. */
async function startClients({ url, page, count }) {
  const { default: init, ChatClient } = await import('/guildhall.js');
  await init();

  const start = (_, number) => {
    const client = new ChatClient(url);
    const name = `${page}/${number}`;
    const one = { name, client, received: [], sent: [], wrong: [], losses: 0, said: 0, joined: false };
    const pending = (one.pending = new Map());
    client.onevent = (event) => {
      const { type } = event;
      const shown = () =>
        JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
      if (type === 'line') {
        one.received.push([Number(event.seq), Number(event.sender), event.text]);
      } else if (type === 'sent') {
        one.sent.push(pending.get(event.nonce) ?? shown());
        pending.delete(event.nonce);
      } else if (type === 'joined') {
        one.joined = true;
        if (event.rejoined && !event.resumed) one.wrong.push(shown());
      } else if (['failed', 'gap', 'badMessage', 'refused'].includes(type)) {
        one.wrong.push(shown());
      } else if (type === 'state' && event.state.kind === 'closed') {
        one.wrong.push(shown());
      } else if (type === 'state' && event.state.kind === 'waiting') {
        one.losses += 1;
      }
    };
    one.turn = () => {
      // A long wait is ended early, as players do.
      if (client.state.kind === 'waiting' && client.state.seconds > 1) client.connect();
      if (!window.storm.talks || pending.size >= 4) return;
      const text = `${name}: ${one.said} ${'x'.repeat(Math.random() * 100)}`;
      pending.set(client.say('storm', text), text);
      one.said += 1;
    };
    client.join('storm');
    client.connect();
    return one;
  };

  const clients = Array.from({ length: count }, start);
  window.storm = { talks: false, clients };
  setInterval(() => clients.forEach(({ turn }) => turn()), 25);
}

/** Waits until a condition holds for every client of every page. */
async function all(pages, holds, what) {
  const test = `window.storm.clients.every(${holds})`;
  const wait = (page) => page.waitForFunction(test, null, { timeout: 2 * PATIENCE, polling: 50 });
  try {
    await Promise.all(pages.map(wait));
  } catch (error) {
    throw new Error(`waited for ${what}: ${error.message}`, { cause: error });
  }
}

test('clients whose connections are cut anywhere receive the same lines', async (context) => {
  const site = await Site.open();
  const server = await Server.start({ flags: [...ETERNAL, `--allow-origin=${site.origin}`] });
  const seed = randomInt(2 ** 31);
  const proxy = await FaultProxy.start({ port: server.port, seed, cuts: CUTS, mostBytes: MOST_BYTES });
  const observer = await Observer.in('storm', server.chat);
  const browser = await launch();
  try {
    const pages = await Promise.all(
      Array.from({ length: PAGES }, async (_, number) => {
        // A context of its own gives each page a process of its own.
        const page = await (await browser.newContext()).newPage();
        await page.goto(site.origin);
        await page.evaluate(startClients, { url: proxy.chat, page: number, count: CLIENTS });
        return page;
      }),
    );
    await all(pages, ({ joined }) => joined, 'the clients');

    const began = performance.now();
    await proxy.begin();
    const setTalks = (talks) =>
      Promise.all(pages.map((page) => page.evaluate((talks) => (window.storm.talks = talks), talks)));
    await setTalks(true);
    await proxy.reaches(CUTS);
    await setTalks(false);
    const seconds = Math.round((performance.now() - began) / 1000);
    await all(pages, ({ pending }) => pending.size === 0, 'all answers');
    // Every message of the clients comes before this one.
    await observer.say('the end');
    await all(pages, ({ received }) => received.at(-1)?.[2] === 'the end', 'the end');

    const expected = observer.lines;
    context.diagnostic(`${expected.length} lines, ${await proxy.cuts()} cuts in ${seconds} s`);
    assert.equal(await proxy.cuts(), CUTS);
    assertSameLines(expected.map(([seq]) => seq), expected.map((_, index) => index + 1), 'the numbers');
    const read = () =>
      window.storm.clients.map(({ name, received, sent, wrong, losses, said }) =>
        ({ name, received, sent, wrong, losses, said }));
    const clients = (await Promise.all(pages.map((page) => page.evaluate(read)))).flat();
    assert.equal(clients.length, PAGES * CLIENTS);
    const texts = expected.map(([, , text]) => text);
    for (const { name, received, sent, wrong, losses, said } of clients) {
      assert.deepEqual(wrong, [], `client ${name}`);
      assert.ok(losses > 0, `client ${name} has lost connections`);
      assertSameLines(received, expected, `what client ${name} received`);
      // All that it said is there, once and in order, and the client knows it.
      assert.equal(sent.length, said, `client ${name} knows that all it said was sent`);
      sent.forEach((text, index) => assert.ok(text.startsWith(`${name}: ${index} `), text));
      assertSameLines(texts.filter((text) => text.startsWith(`${name}: `)), sent, `what client ${name} said`);
    }
  } catch (error) {
    throw new Error(`with seed ${seed}: ${error.message}`, { cause: error });
  } finally {
    await browser.close();
    await observer.end();
    await proxy.end();
    await server.kill();
    site.close();
  }
});
