// Clients of the library in a real browser, behind a proxy that cuts their
// connections at any byte, again and again: nobody loses a line, gets one
// twice, or has them in another order.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';

import { launch } from '../page.mjs';
import { FaultProxy } from '../proxy.mjs';
import { ETERNAL, Server } from '../server.mjs';
import { Site } from '../site.mjs';

const CLIENTS = 10;
const CUTS = 200;

/** Runs in the page: a witness with a connection without harm, and clients that
 *  speak until the proxy has cut enough, and then listen until all is said.
 *  Gives what each has heard, and whatever should not have happened. */
async function storm({ direct, harmed, count, enough }) {
  const { default: init, ChatClient } = await import('/guildhall.js');
  await init();

  const come = (url) => {
    const client = new ChatClient(url);
    const one = { client, heard: [], sent: [], wrong: [], pending: new Map(), said: 0, joined: false };
    one.say = (text) => one.pending.set(client.say('storm', text), text);
    client.onevent = (event) => {
      const { type } = event;
      const shown = () =>
        JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
      if (type === 'line') {
        one.heard.push(`${event.seq} ${event.sender} ${event.text}`);
      } else if (type === 'sent') {
        one.sent.push(one.pending.get(event.nonce) ?? shown());
        one.pending.delete(event.nonce);
      } else if (type === 'joined') {
        one.joined = true;
        if (event.rejoined && !event.resumed) one.wrong.push(shown());
      } else if (['failed', 'gap', 'badMessage', 'refused'].includes(type)) {
        one.wrong.push(shown());
      } else if (type === 'state' && event.state.kind === 'closed') {
        one.wrong.push(shown());
      }
    };
    client.join('storm');
    client.connect();
    return one;
  };

  const everybody = [];
  const until = async (fits, what, turn = () => {}) => {
    const end = performance.now() + 60_000;
    while (!(await fits())) {
      const states = everybody.map(({ client, heard, pending, wrong }) =>
        [client.state.kind, heard.length, pending.size, ...wrong].join(' '));
      if (performance.now() > end) throw new Error(`waited for ${what}: ${states.join(', ')}`);
      for (const { client } of everybody) {
        // The longer ones of the waits are cut short, as players do.
        if (client.state.kind === 'waiting' && client.state.seconds > 1) client.connect();
      }
      turn();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  const witness = come(direct);
  everybody.push(witness);
  await until(() => witness.joined, 'the witness');
  const clients = Array.from({ length: count }, () => come(harmed));
  everybody.push(...clients);
  await until(async () => (await window.cuts()) >= enough, 'the cuts', () => {
    for (const [number, one] of clients.entries()) {
      if (!one.joined || one.pending.size >= 4) continue;
      one.say(`${number}: ${one.said}`);
      one.said += 1;
    }
  });
  await until(() => clients.every(({ pending }) => pending.size === 0), 'all answers');
  // Everybody's words are before these.
  witness.say('the end');
  const isOver = ({ heard }) => heard.some((line) => line.endsWith(' the end'));
  await until(() => everybody.every(isOver), 'the end');
  return everybody.map(({ heard, sent, wrong, said }) => ({ heard, sent, wrong, said }));
}

/** The first place where they differ: lists of thousands say nothing. */
function same(got, wanted, what) {
  const at = wanted.findIndex((line, index) => line !== got[index]);
  const [lines, due] = at < 0 ? [got.slice(wanted.length), []] : [got.slice(at, at + 5), wanted.slice(at, at + 5)];
  assert.deepEqual(lines, due, `${what}, at ${at} of ${wanted.length}`);
}

test('clients whose connections are cut anywhere tell the same story', async (context) => {
  const site = await Site.open();
  const server = await Server.start({ flags: [...ETERNAL, `--allow-origin=${site.origin}`] });
  const seed = randomInt(2 ** 31);
  const proxy = await FaultProxy.start({ port: server.port, seed, cuts: CUTS });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.exposeFunction('cuts', () => proxy.cuts());
    await page.goto(site.origin);
    const options = { direct: server.chat, harmed: proxy.chat, count: CLIENTS, enough: CUTS };
    const [witness, ...clients] = await page.evaluate(storm, options);
    const truth = witness.heard;
    context.diagnostic(`${truth.length} lines, ${await proxy.cuts()} cuts`);

    const numbers = truth.map((line) => parseInt(line, 10));
    same(numbers, truth.map((_, index) => index + 1), 'the numbers');
    const texts = truth.map((line) => line.split(' ').slice(2).join(' '));
    assert.equal(clients.length, CLIENTS);
    for (const [number, { heard, sent, wrong, said }] of clients.entries()) {
      assert.deepEqual(wrong, [], `client ${number}`);
      same(heard, truth, `what client ${number} heard`);
      // All that it said, once, in its order, and known to be.
      const own = Array.from({ length: said }, (_, index) => `${number}: ${index}`);
      assert.ok(said > 0, `client ${number} has spoken`);
      same(texts.filter((text) => text.startsWith(`${number}: `)), own, `what client ${number} said`);
      same(sent, own, `what client ${number} knows to be sent`);
    }
    assert.equal(await proxy.cuts(), CUTS);
  } catch (error) {
    throw new Error(`with seed ${seed}: ${error.message}`, { cause: error });
  } finally {
    await browser.close();
    await proxy.end();
    await server.kill();
    site.close();
  }
});
