// Hostile texts and names stay text on the page. Every client has the same corpus:
// proto/testdata/hostile.json.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

const CORPUS = JSON.parse(
  readFileSync(new URL('../../../proto/testdata/hostile.json', import.meta.url), 'utf8'),
).map(({ name, text, repeat = '', times = 0 }) => ({ name, text: text + repeat.repeat(times) }));

// The longest text that a page may send, in bytes.
const MOST_BYTES = 4_096;

/** Asserts that a message shows this text and no markup, and that the page is
 *  unharmed. */
async function isText(page, number, text, name) {
  const message = await page.message(number);
  assert.equal(message.text, text, name);
  assert.equal(message.inText, 0, `${name}: an element in the text`);
  assert.ok(
    message.elements.every((element) => ['li', 'span', 'p', 'div', 'time'].includes(element)),
    `${name}: ${message.elements}`,
  );
  assert.equal(await page.page.title(), page.title, name);
  assert.deepEqual(await page.sideways(), { page: 0, log: 0 }, `${name}: something is wider than the page`);
}

/** Opens a page, and stores its title. */
async function open(options) {
  const page = await fixture.page(options);
  page.title = await page.page.title();
  return page;
}

test('the corpus has texts', () => {
  assert.ok(CORPUS.length > 5);
  assert.ok(CORPUS.every(({ text }) => text.length > 0));
});

test('hostile texts from another client are text on the page', async () => {
  const page = await open();
  const phone = await open({ viewport: { width: 360, height: 640 } });
  const tutorial = await fixture.tutorialClient();
  for (const [number, { name, text }] of CORPUS.entries()) {
    tutorial.say(text);
    await isText(page, number, text, name);
    await isText(phone, number, text, name);
  }
});

test('hostile texts typed into a page are text everywhere', async () => {
  const long = CORPUS.filter(({ text }) => Buffer.byteLength(text) > MOST_BYTES);
  assert.ok(long.length < CORPUS.length / 2, 'most of them can be typed');
  const writer = await open();
  const reader = await open();
  const tutorial = await fixture.tutorialClient();
  let number = 0;
  for (const { name, text } of CORPUS) {
    await writer.say(text);
    if (Buffer.byteLength(text) > MOST_BYTES) {
      // Nobody gets it, and the page tells the user.
      await writer.page.locator('#hint').filter({ hasText: `${MOST_BYTES}` }).waitFor();
      assert.equal(await writer.input.inputValue(), text, name);
      continue;
    }
    // A textbox of HTML normalizes line ends.
    const typed = text.replaceAll('\r\n', '\n');
    await tutorial.hear(typed);
    await isText(reader, number, typed, name);
    await isText(writer, number, typed, name);
    number += 1;
  }
});

test('hostile names of users and rooms are text everywhere on the page', async () => {
  const [markup, room, arabic] = ['<img src=x onerror=a()>', 'قاعة', 'مرحبا'];
  const anna = await open({ name: markup });
  const ben = await open({ name: arabic });
  const phone = await open({ name: 'Phone', viewport: { width: 320, height: 640 } });
  assert.equal(await anna.ownName.textContent(), markup);
  await anna.say('one');
  await ben.hears('one');
  assert.equal((await ben.message(0)).speaker, markup);
  const people = ben.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByRole('button', { name: markup, exact: true }).click();
  await ben.isIn(markup);
  await ben.say('psst');
  await anna.tab(arabic).waitFor();
  // It is not a valid name of a room: the page says so, as text.
  await anna.say('/join <b>den</b>');
  await anna.showsNotice('<b>den</b>');
  for (const page of [anna, ben, phone]) await page.join(room);
  for (const page of [anna, ben, phone]) {
    await page.say('/who');
    await page.showsNotice(arabic);
  }
  await anna.say('/nick <i>');
  await ben.showsNotice('<i>');
  for (const page of [anna, ben, phone]) {
    const made = page.page.locator('main').locator('img, b, i, script');
    assert.equal(await made.count(), 0, 'a name has become an element');
    assert.equal(await page.tab(room).count(), 1);
    assert.equal((await page.sideways()).page, 0);
  }
});

test('after all of them the page works as before', async () => {
  const page = await open();
  const tutorial = await fixture.tutorialClient();
  for (const { text } of CORPUS) tutorial.say(text);
  tutorial.say('the last');
  await page.hears('the last');
  // The newest message is visible, and only a few lines high.
  const last = page.messages.last();
  assert.ok(await last.isVisible());
  const { height } = await last.boundingBox();
  assert.ok(height < 200, `a message of two words is ${height} pixels high`);
  await page.say('still here');
  await tutorial.hear('still here');
});
