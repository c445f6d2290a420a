// Older lines: the page loads them when the user scrolls up, and a screen reader
// does not read them aloud.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';
import { ETERNAL } from '../server.mjs';

const fixture = Fixture.forEachTest();

const SAID = 260;

/** A room with many lines, and a page in it. */
async function chatter() {
  const tutorial = await fixture.tutorialClient();
  for (let number = 1; number <= SAID; number += 1) tutorial.say(`line ${number}`);
  const reader = await fixture.page({ name: 'Reader' });
  await reader.hears(`line ${SAID}`);
  return { tutorial, reader };
}

test('scrolling up loads older lines, and the line that is read does not move', async () => {
  const { reader } = await chatter();
  const { log, messages } = reader;
  assert.ok((await messages.count()) < SAID, 'not everything at once');

  let rounds = 0;
  while ((await messages.count()) < SAID) {
    // Scroll to the oldest line, and wait until an older one is above it.
    const moved = await log.evaluate((element) => {
      element.scrollTop = 0;
      const line = element.querySelector('[data-sender]');
      const place = line.getBoundingClientRect().top;
      return new Promise((settled) => {
        const look = () => {
          if (element.querySelector('[data-sender]') === line) requestAnimationFrame(look);
          else settled(line.getBoundingClientRect().top - place);
        };
        look();
      });
    });
    assert.ok(Math.abs(moved) < 8, `the line has moved by ${moved} pixels`);
    rounds += 1;
    assert.ok(rounds < 50);
  }
  const expected = Array.from({ length: SAID }, (_, index) => `line ${index + 1}`);
  assert.deepEqual(await reader.texts(), expected);
  await reader.log.getByText('This is where the story begins.').waitFor();

  // And back to the newest line.
  await reader.page.getByRole('button', { name: 'Jump to newest' }).click();
  await reader.say('I have read it all');
  await reader.hears('I have read it all');
});

test('a screen reader reads new lines aloud, and not those from before', async () => {
  const tutorial = await fixture.tutorialClient();
  for (let number = 1; number <= 5; number += 1) tutorial.say(`old ${number}`);
  const reader = await fixture.page({
    name: 'Reader',
    settled: false,
  });
  await reader.page.evaluate(() => {
    window.aloud = {};
    const log = document.querySelector('#log');
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          const texts = node.querySelectorAll?.('.text') ?? [];
          for (const { textContent } of texts) window.aloud[textContent] = log.getAttribute('aria-live');
        }
      }
    }).observe(log, { childList: true, subtree: true });
  });
  await reader.introduce('Reader');
  await reader.hears('old 5');
  // Afterwards the log is read aloud again.
  await reader.page.locator('#log[aria-live=polite]').waitFor();
  tutorial.say('new 1');
  await reader.hears('new 1');
  const aloud = await reader.page.evaluate(() => window.aloud);
  for (let number = 1; number <= 5; number += 1) assert.equal(aloud[`old ${number}`], 'off');
  assert.equal(aloud['new 1'], 'polite');

  // Nor are the lines of a room that is opened.
  await reader.join('den');
  await reader.page.locator('#log[aria-live=polite]').waitFor();
  await reader.goTo('lobby');
  assert.equal(await reader.log.getAttribute('aria-live'), 'off');
});

/** Scrolls to the oldest line again and again, until this text stands above it. */
async function readBackTo(reader, words) {
  const { log } = reader;
  const hint = log.getByText(words);
  const deadline = performance.now() + 60_000;
  while (!(await hint.isVisible())) {
    await log.evaluate((element) => {
      element.scrollTop = 0;
    });
    if (performance.now() > deadline) throw new Error(`the oldest line is ${(await reader.texts())[0]}`);
    await reader.page.waitForTimeout(20);
  }
}

function said(first, last) {
  return Array.from({ length: last + 1 - first }, (_, index) => `line ${first + index}`);
}

test('lines that the page has put away are loaded again', async () => {
  const server = await fixture.anotherServer({ flags: ETERNAL });
  const tutorial = await fixture.tutorialClient('tutorial client', server);
  const reader = await fixture.page({ name: 'Reader', url: server.url });
  for (let number = 1; number <= 1_300; number += 1) tutorial.say(`line ${number}`);
  await reader.hears('line 1300');
  const shown = await reader.texts();
  assert.ok(shown.length < 1_100, `${shown.length} lines are kept`);
  await readBackTo(reader, 'This is where the story begins.');
  assert.deepEqual(await reader.texts(), said(1, 1_300));

  // The same for a room that was not looked at meanwhile.
  await reader.join('den');
  for (let number = 1_301; number <= 2_600; number += 1) tutorial.say(`line ${number}`);
  await reader.tab('lobby').locator('.badge').filter({ hasText: /^1300$/ }).waitFor({ state: 'attached' });
  await reader.goTo('lobby');
  await reader.hears('line 2600');
  await readBackTo(reader, 'This is where the story begins.');
  assert.deepEqual(await reader.texts(), said(1, 2_600));
});

test('where the server has put older lines away, the page says so', async () => {
  const server = await fixture.anotherServer({ flags: ['--history-lines=100'] });
  const tutorial = await fixture.tutorialClient('tutorial client', server);
  for (let number = 1; number <= 150; number += 1) tutorial.say(`line ${number}`);
  const reader = await fixture.page({ name: 'Reader', url: server.url });
  await reader.hears('line 150');
  await readBackTo(reader, 'Older messages are no longer kept.');
  assert.deepEqual(await reader.texts(), said(51, 150));
  assert.equal(await reader.log.getByText('This is where the story begins.').count(), 0);
});
