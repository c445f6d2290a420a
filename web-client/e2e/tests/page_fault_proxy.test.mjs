// The chat page of several people, behind a proxy that cuts their connections at
// any byte, again and again: every page shows the same story, the server's, with
// each line once, and everybody's own words as they were typed.

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

/** After how many bytes in one direction a connection is cut at most. */
const MOST_BYTES = 8_192;

/** Somebody types the next text when so many are without an answer at most. */
const AHEAD = 4;

/** How many entries a page's list keeps: `scrollback.rs`. */
const KEPT = 1_000;

/** Texts that would like to be more than text, as far as they can be typed into
 *  a textbox that sends at Enter. */
const HOSTILE = JSON.parse(
  readFileSync(new URL('../../../proto/testdata/hostile.json', import.meta.url), 'utf8'),
).flatMap(({ text, times = 0 }) => (times > 0 || /[\r\n]/.test(text) ? [] : [text]));

/** Something to type: it begins with who types it, and how often they have. */
function words(who, number) {
  const text = HOSTILE[randomInt(HOSTILE.length)];
  return `${who}.${number} ${randomInt(2) ? text : 'x'.repeat(randomInt(500))}`.trim();
}

/** Runs in the page: takes note of all that the log shows from now on, the
 *  moment it is put in, and of what should not be there. Presses "Try now" where
 *  the wait is more than a second, as people do. */
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
  // Who is away for a moment has left for the others; nothing else is remarked.
  const fine = /^Player \d+ (joined|left)\.$/;
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches('.notice') && !fine.test(node.textContent)) {
      noted.wrong.push(`a remark: ${node.textContent}`);
    }
    if (!node.matches('[data-sender]')) return;
    const line = read(node);
    // In its place behind the others, too.
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

/** Somebody at a page, who types until it is enough. Gives what was typed. */
async function type(chat, who, isEnough) {
  const typed = [];
  while (!isEnough()) {
    if ((await chat.outbox.count()) < AHEAD) {
      const text = words(who, typed.length);
      await chat.say(text);
      typed.push(text);
    }
  }
  return typed;
}

/** Waits, with much patience, until this holds in the page. */
function until(chat, condition, argument) {
  return chat.page.waitForFunction(condition, argument, { timeout: 2 * PATIENCE, polling: 50 });
}

test('pages whose connections are cut anywhere show the same story', async (context) => {
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
    await Promise.all(chats.slice(0, -1).map((chat) => chat.showsNotice(people.at(-1))));
    await Promise.all(chats.map((chat) => chat.page.evaluate(observe)));

    const began = performance.now();
    await proxy.begin();
    let isEnough = false;
    const typing = Promise.all(chats.map((chat, who) => type(chat, who, () => isEnough)));
    try {
      await proxy.reaches(CUTS);
    } finally {
      isEnough = true;
    }
    const typed = await typing;
    const seconds = Math.round((performance.now() - began) / 1000);
    await Promise.all(chats.map((chat) => until(chat, () => !document.querySelector('[data-nonce]'))));
    // Everybody's words are before these.
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
      const remarks = await chat.notices.count();
      assert.deepEqual(noted.wrong, [], who);
      assert.ok(noted.losses > 0, `${who} lost connections`);
      assert.ok(typed[number].length > 0, `${who} has typed`);
      const seqSenderText = (lines) => lines.map(({ seq, sender, text }) => [seq, sender, text]);
      assertSameLines(seqSenderText(noted.shown), expected, `what ${who} was shown`);
      // What is on the page now: all of it, or its end.
      assert.ok(list.length + remarks >= Math.min(expected.length, KEPT), `${who} sees ${list.length} lines`);
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
