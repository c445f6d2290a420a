// The chat pages of several users, behind a proxy that cuts their connections at any
// byte, 1,000 times: every page shows every line of the server once and in order, and
// each user's own messages as they were typed.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { PATIENCE } from '../environment.mjs';
import { ChatPage, launch } from '../page.mjs';
import { FaultProxy } from '../fault_proxy.mjs';
import { ETERNAL, Server } from '../server.mjs';
import { assertSameLines } from '../same_lines.mjs';
import { Observer } from '../observer.mjs';

const PAGES = 8;
const CUTS = 1_000;

/** A connection is cut after at most so many bytes in one direction. */
const MOST_BYTES = 8_192;

/** A user types the next text if at most so many are without an answer. */
const AHEAD = 4;

/** How many entries a page's list keeps: `scrollback.rs`. */
const KEPT = 1_000;

/** The hostile texts that can be typed into a textbox in which Enter sends. */
const HOSTILE = JSON.parse(
  readFileSync(new URL('../../../proto/testdata/hostile.json', import.meta.url), 'utf8'),
).flatMap(({ text, times = 0 }) => (times > 0 || /[\r\n]/.test(text) ? [] : [text]));

/** A text to type. It begins with the user's number and the text's. */
function textToType(who, number) {
  const text = HOSTILE[randomInt(HOSTILE.length)];
  return `${who}.${number} ${randomInt(2) ? text : 'x'.repeat(randomInt(500))}`.trim();
}

/** Runs in the page: records every line when the log shows it, and everything that
 *  should not be there. Presses "Try now" if the wait is longer than a second, as
 *  users do. */
function observe() {
  const noted = { shown: [], wrong: [], losses: 0 };
  window.noted = noted;
  const read = (item) => ({
    seq: Number(item.dataset.seq),
    sender: Number(item.dataset.sender),
    own: item.hasAttribute('data-own'),
    text: item.querySelector('.text').textContent,
  });
  window.read = () => [...document.querySelectorAll('#log [data-sender]')].map(read);
  // A user who loses the connection has left for the others. There is no other notice.
  const fine = /^((Player \d+(, Player \d+)*|\d+ people) (joined|left)\.( |$))+$/;
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches('.notice') && !fine.test(node.textContent)) {
      noted.wrong.push(`a notice: ${node.textContent}`);
    }
    if (!node.matches('[data-sender]')) return;
    const line = read(node);
    // It follows the line before it.
    let above = node.previousElementSibling;
    while (above && !above.matches('[data-sender]')) above = above.previousElementSibling;
    if (above && read(above).seq !== line.seq - 1) {
      noted.wrong.push(`line ${line.seq} behind ${read(above).seq}`);
    }
    noted.shown.push(line);
  };
  const log = document.getElementById('log');
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      addedNodes.forEach(look);
      if (type === 'attributes' && target.dataset.state === 'failed') {
        noted.wrong.push(`not sent: ${target.textContent}`);
      }
    }
  }).observe(log, { childList: true, subtree: true, attributeFilter: ['data-state'] });

  const status = document.getElementById('status');
  new MutationObserver((changes) => {
    for (const { oldValue } of changes) {
      const state = status.dataset.state;
      if (state === 'closed') noted.wrong.push(status.textContent);
      if (state === 'waiting' && oldValue !== 'waiting') noted.losses += 1;
    }
  }).observe(status, { attributeFilter: ['data-state'], attributeOldValue: true });
  setInterval(() => {
    const [, seconds] = /^Reconnecting in (\d+) s$/.exec(status.textContent) ?? [];
    if (seconds > 1) document.getElementById('now').click();
  }, 25);
}

/** Types at a page until it is enough. Returns what was typed. */
async function type(chat, who, isEnough) {
  const typed = [];
  while (!isEnough()) {
    if ((await chat.outbox.count()) < AHEAD) {
      const text = textToType(who, typed.length);
      await chat.say(text);
      typed.push(text);
    }
  }
  return typed;
}

/** Waits until a condition holds in the page. */
function until(chat, condition, argument) {
  return chat.page.waitForFunction(condition, argument, { timeout: 2 * PATIENCE, polling: 50 });
}

test('pages whose connections are cut anywhere show the same lines', async (context) => {
  assert.ok(HOSTILE.length > 4, 'there are hostile texts');
  const server = await Server.start({ flags: ETERNAL });
  const seed = randomInt(2 ** 31);
  const proxy = await FaultProxy.start({ port: server.port, seed, cuts: CUTS, mostBytes: MOST_BYTES });
  const observer = await Observer.in('lobby', server.chat);
  const browser = await launch();
  try {
    const people = Array.from({ length: PAGES }, (_, number) => `Player ${number}`);
    const chats = [];
    for (const name of people) chats.push(await ChatPage.open(browser, proxy.page, { name }));
    // All are in the room before the first cut.
    const everybody = new RegExp(`^${PAGES + 1}$`);
    const all = (chat) => chat.page.locator('#count').filter({ hasText: everybody });
    await Promise.all(chats.map((chat) => all(chat).waitFor({ state: 'attached' })));
    await Promise.all(chats.map((chat) => chat.page.evaluate(observe)));

    const began = performance.now();
    await proxy.begin();
    let isEnough = false;
    const typing = Promise.all(chats.map((chat, who) => type(chat, who, () => isEnough)));
    // If the cuts end too early, that error counts, and not that of a closed page.
    typing.catch(() => {});
    try {
      await proxy.reaches(CUTS);
    } finally {
      isEnough = true;
    }
    const typed = await typing;
    const seconds = Math.round((performance.now() - began) / 1000);
    await Promise.all(chats.map((chat) => until(chat, () => !document.querySelector('[data-nonce]'))));
    // Every message of the pages comes before this one.
    await observer.say('the end');
    const isOver = () => window.noted.shown.at(-1)?.text === 'the end';
    await Promise.all(chats.map((chat) => until(chat, isOver)));

    const expected = observer.lines;
    context.diagnostic(`${expected.length} lines, ${await proxy.cuts()} cuts in ${seconds} s`);
    assert.equal(await proxy.cuts(), CUTS);
    assertSameLines(expected.map(([seq]) => seq), expected.map((_, index) => index + 1), 'the numbers');
    assert.equal(expected.length, typed.flat().length + 1, 'as many lines as were typed');
    for (const [number, chat] of chats.entries()) {
      const who = people[number];
      const { noted, list } = await chat.page.evaluate(() => ({ noted: window.noted, list: window.read() }));
      const notices = await chat.notices.count();
      assert.deepEqual(noted.wrong, [], who);
      assert.ok(noted.losses > 0, `${who} lost connections`);
      assert.ok(typed[number].length > 0, `${who} has typed`);
      const seqSenderText = (lines) => lines.map(({ seq, sender, text }) => [seq, sender, text]);
      assertSameLines(seqSenderText(noted.shown), expected, `what ${who} was shown`);
      // The page shows all lines now, or the last ones.
      assert.ok(list.length + notices >= Math.min(expected.length, KEPT), `${who} sees ${list.length} lines`);
      assertSameLines(seqSenderText(list), expected.slice(-list.length), `what ${who} sees`);
      const own = noted.shown.filter((line) => line.own).map(({ text }) => text);
      assertSameLines(own, typed[number], `what ${who} typed`);
      assert.equal(await chat.outbox.count(), 0, `${who} has nothing left to send`);
      await chat.shows('Connected');
      assert.equal(await chat.page.locator('#trouble').isVisible(), false, who);
      assert.deepEqual(chat.faults, [], who);
    }
  } catch (error) {
    throw new Error(`with seed ${seed}: ${error.message}`, { cause: error });
  } finally {
    await browser.close();
    await observer.end();
    await proxy.end();
    await server.kill();
  }
});
