// Pages that stay open while a server that keeps its rooms on the disk is killed and started
// again and again: they show every line once and in order, and their users stay who they are.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { PATIENCE } from '../environment.mjs';
import { Fixture } from '../fixture.mjs';
import { Observer } from '../observer.mjs';
import { assertSameLines } from '../same_lines.mjs';
import { ETERNAL } from '../server.mjs';

const KILLS = 6;

/** The user types the next text if at most so many are without an answer. */
const AHEAD = 4;

const fixture = Fixture.forEachTest();

/** Runs in the page: records each line when it is shown, and everything that should not be
 *  there. Presses "Try now" if the wait is longer than a second, as users do. */
function observe() {
  const noted = { shown: [], wrong: [], losses: 0 };
  window.noted = noted;
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    // Others come and go. There is no other notice.
    if (node.matches('.notice') && !/^([^.]* (joined|left)\.( |$))+$/.test(node.textContent)) {
      noted.wrong.push(`a notice: ${node.textContent}`);
    }
    if (node.matches('[data-sender]')) noted.shown.push(Number(node.dataset.seq));
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      addedNodes.forEach(look);
      if (type === 'attributes' && target.dataset.state === 'failed') {
        noted.wrong.push(`not sent: ${target.textContent}`);
      }
    }
  }).observe(document.getElementById('log'), {
    childList: true,
    subtree: true,
    attributeFilter: ['data-state'],
  });
  const status = document.getElementById('status');
  new MutationObserver((changes) => {
    const isNew = changes.some(({ oldValue }) => oldValue !== 'waiting');
    if (status.dataset.state === 'waiting' && isNew) noted.losses += 1;
  }).observe(status, { attributeFilter: ['data-state'], attributeOldValue: true });
  setInterval(() => {
    const [, seconds] = /^Reconnecting in (\d+) s$/.exec(status.textContent) ?? [];
    if (seconds > 1) document.getElementById('now').click();
  }, 25);
}

/** Types at a page until it is enough. Returns what was typed. */
async function type(chat, name, isEnough) {
  const typed = [];
  while (!isEnough()) {
    await sleep(randomInt(20, 150));
    if ((await chat.outbox.count()) >= AHEAD) continue;
    const text = `${name} types text ${typed.length}`;
    await chat.say(text);
    typed.push(text);
  }
  return typed;
}

/** The lines that a page shows: [seq, sender's ID, text]. */
function linesOf(chat) {
  return chat.messages.evaluateAll((messages) =>
    messages.map((message) => [
      Number(message.dataset.seq),
      Number(message.dataset.sender),
      message.querySelector('.text').textContent,
    ]),
  );
}

/** The IDs of the user's own lines. */
function ownIds(chat) {
  return chat.messages.evaluateAll((messages) => [
    ...new Set(messages.filter((it) => it.hasAttribute('data-own')).map((it) => Number(it.dataset.sender))),
  ]);
}

test('pages that stay open while the server is killed again and again miss nothing', async (context) => {
  const data = mkdtempSync(path.join(tmpdir(), 'guildhall-kills-'));
  context.after(() => rmSync(data, { recursive: true, force: true }));
  const server = await fixture.anotherServer({ flags: [...ETERNAL, `--data=${data}`] });
  const names = ['Anna', 'Ben'];
  const pages = [];
  for (const name of names) {
    const chat = await fixture.page({ url: server.url, name });
    await chat.page.evaluate(observe);
    pages.push(chat);
  }

  let isEnough = false;
  const typing = Promise.all(pages.map((chat, at) => type(chat, names[at], () => isEnough)));
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(randomInt(300, 2_000));
    await server.kill();
    await sleep(randomInt(500));
    await server.restart();
    await Promise.all(pages.map((chat) => chat.shows('Connected')));
  }
  isEnough = true;
  const typed = await typing;

  for (const chat of pages) {
    const isAnswered = () => document.querySelector('#log [data-nonce]') === null;
    await chat.page.waitForFunction(isAnswered, undefined, { timeout: 2 * PATIENCE });
  }
  const observer = await Observer.in('lobby', server.chat);
  context.after(() => observer.end());
  await observer.say('the end');
  const expected = observer.lines;
  const numbers = expected.map(([seq]) => seq);
  assert.deepEqual(numbers, numbers.map((_, at) => at + 1), 'each number once, without a hole');

  const ids = [];
  for (const [at, chat] of pages.entries()) {
    const name = names[at];
    await chat.hears('the end');
    assertSameLines(await linesOf(chat), expected, `the lines of ${name}`);
    const { shown, wrong, losses } = await chat.page.evaluate(() => window.noted);
    assert.deepEqual(wrong, [], `what ${name} has to see`);
    assert.ok(losses >= KILLS, `${name} has lost ${losses} connections`);
    assert.deepEqual(shown, [...shown].sort((a, b) => a - b), `${name} gets the lines in order`);
    assert.equal(new Set(shown).size, shown.length, `${name} gets each line once`);
    // Each own text is there once, in the order in which it was typed, of one user.
    const [id, ...others] = await ownIds(chat);
    assert.deepEqual(others, [], `${name} stays the same user`);
    const own = expected.filter(([, sender]) => sender === id).map(([, , text]) => text);
    assertSameLines(own, typed[at], `the texts of ${name}`);
    assert.equal(await chat.ownName.textContent(), name);
    ids.push(id);
  }
  assert.notEqual(ids[0], ids[1]);
  context.diagnostic(`${expected.length} lines, ${KILLS} kills`);
});
