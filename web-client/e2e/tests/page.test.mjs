// Accessibility: keyboard alone, phones, screen readers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };

/** The element that has the focus. */
function focused(page) {
  return page.page.evaluate(() => {
    const { localName, id } = document.activeElement;
    return `${localName}#${id}`;
  });
}

test('a screen reader finds the parts of the page by role and name', async () => {
  const chat = await fixture.page();
  const tutorial = await fixture.tutorialClient();
  tutorial.say('hello');
  await chat.hears('hello');

  assert.equal(await chat.input.count(), 1);
  assert.equal(await chat.log.count(), 1);
  assert.equal(await chat.status.count(), 1);
  assert.equal(await chat.status.textContent(), 'Connected');
  assert.equal(await chat.page.getByRole('heading', { level: 1 }).count(), 1);
  assert.equal(await chat.page.getByRole('main').count(), 1);
  assert.equal(await chat.page.getByRole('button', { name: 'Send', exact: true }).count(), 1);
  const { language, title, ids, nameless } = await chat.page.evaluate(() => ({
    language: document.documentElement.lang,
    title: document.title,
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    nameless: [...document.querySelectorAll('img:not([alt])')].length,
  }));
  assert.equal(language, 'en');
  assert.match(title, /Guildhall/);
  assert.equal(new Set(ids).size, ids.length, `an id is there twice: ${ids}`);
  assert.equal(nameless, 0, 'pictures without a text');

  // The accessibility tree contains the log's messages: the speaker and the text.
  const snapshot = await chat.log.ariaSnapshot();
  assert.ok(snapshot.includes((await chat.message(0)).speaker), snapshot);
  assert.match(snapshot, /hello/);
});

test('everything can be done by keyboard alone', async () => {
  const chat = await fixture.page();
  const tutorial = await fixture.tutorialClient();
  const { keyboard } = chat.page;

  // The focus starts in the textbox, and Enter sends.
  assert.equal(await focused(chat), 'textarea#message');
  await keyboard.type('first');
  await keyboard.press('Enter');
  await tutorial.hear('first');
  assert.equal(await focused(chat), 'textarea#message');
  assert.equal(await chat.input.inputValue(), '');

  // Alt+Up brings the last text back.
  await keyboard.press('Alt+ArrowUp');
  assert.equal(await chat.input.inputValue(), 'first');
  await keyboard.type(' and second');
  await keyboard.press('Enter');
  await tutorial.hear('first and second');

  // In the log, a user who has scrolled up stays there when messages come.
  for (let number = 0; number < 60; number += 1) tutorial.say(`line ${number}`);
  await chat.hears('line 59');
  await keyboard.press('Shift+Tab');
  assert.equal(await focused(chat), 'button#', 'the menu of the newest message');
  await keyboard.press('Shift+Tab');
  assert.equal(await focused(chat), 'div#log');
  await keyboard.press('Home');
  const newest = chat.page.getByRole('button', { name: /^Jump to newest/ });
  await newest.waitFor();
  // The browser scrolls in steps.
  await chat.page.waitForFunction(() => document.querySelector('#log').scrollTop === 0);
  tutorial.say('the newest');
  await chat.page.getByRole('button', { name: /^Jump to newest \(1 new\)$/ }).waitFor();
  assert.equal(await chat.log.evaluate(({ scrollTop }) => scrollTop), 0);

  // The button goes back to the newest, and moves the focus to the textbox.
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  assert.equal(await focused(chat), 'button#newest');
  await keyboard.press('Enter');
  await newest.waitFor({ state: 'hidden' });
  assert.equal(await focused(chat), 'textarea#message');
  const left = await chat.log.evaluate(
    ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight,
  );
  assert.ok(left < 2, `${left} pixels from the end`);
});

test('rooms, names and commands by keyboard alone', async () => {
  const chat = await fixture.page({ name: 'Anna' });
  await fixture.page({ name: 'Ben Ali' });
  await chat.showsNotice('Ben Ali');
  const { keyboard } = chat.page;
  const list = chat.page.getByRole('listbox', { name: 'Suggestions' });
  const offered = list.getByRole('option');
  const chosen = list.getByRole('option', { selected: true });

  // Commands are offered while the user types one, and Tab completes it.
  await keyboard.type('/jo');
  await offered.filter({ hasText: '/join ROOM' }).waitFor();
  await keyboard.press('Tab');
  assert.equal(await chat.input.inputValue(), '/join ');
  assert.equal(await focused(chat), 'textarea#message');
  await keyboard.type('den');
  await keyboard.press('Enter');
  await chat.isIn('den');
  await keyboard.type('/join well');
  await keyboard.press('Enter');
  await chat.isIn('well');

  // Names are offered when the user presses Tab; each further Tab chooses the next.
  await keyboard.type('/w b');
  await keyboard.press('Tab');
  assert.equal(await chat.input.inputValue(), '/w "Ben Ali" ');
  await chat.input.fill('');
  await keyboard.type('/');
  await offered.first().waitFor();
  await keyboard.press('Tab');
  const first = await chat.input.inputValue();
  await keyboard.press('Tab');
  assert.notEqual(await chat.input.inputValue(), first);
  assert.equal(await chosen.count(), 1);
  const active = await chat.input.getAttribute('aria-activedescendant');
  assert.equal(await chosen.getAttribute('id'), active);
  await keyboard.press('Shift+Tab');
  assert.equal(await chat.input.inputValue(), first);
  await keyboard.press('Escape');
  assert.equal(await offered.count(), 0);
  await chat.input.fill('');

  // Move to the tabs, and from tab to tab.
  for (let presses = 0; presses < 20; presses += 1) {
    await keyboard.press('Shift+Tab');
    if ((await focused(chat)).startsWith('button#tab-')) break;
  }
  assert.equal(await chat.page.evaluate(() => document.activeElement.ariaSelected), 'true');
  await keyboard.press('ArrowRight');
  await chat.isIn('lobby');
  await keyboard.press('ArrowLeft');
  await chat.isIn('well');
  await keyboard.press('ArrowLeft');
  await chat.isIn('den');
  await keyboard.press('Home');
  await chat.isIn('lobby');
  await keyboard.press('End');
  await chat.isIn('well');
  await keyboard.press('Delete');
  await chat.tab('well').waitFor({ state: 'detached' });
  assert.match(await focused(chat), /^button#tab-/, 'the focus stays on the tabs');
  assert.deepEqual(await chat.tabs.allTextContents(), ['lobby', 'den']);
});

test('Tab without anything to complete says so, and the next one moves on', async () => {
  const chat = await fixture.page({ name: 'Anna' });
  const { keyboard } = chat.page;
  const hint = chat.page.locator('#hint');
  const words = 'Nothing begins like this. Press Tab again to go on to the next button.';
  for (const text of ['/w Nob', '/frob', 'hello']) {
    await chat.input.fill(text);
    await keyboard.press('Tab');
    assert.equal(await focused(chat), 'textarea#message', text);
    assert.equal(await hint.textContent(), words);
    await keyboard.press('Tab');
    assert.equal(await focused(chat), 'button#send', text);
    await keyboard.press('Shift+Tab');
    assert.equal(await focused(chat), 'textarea#message');
    assert.equal(await chat.input.inputValue(), text);
  }
  // Whoever goes on typing is told again.
  await keyboard.press('End');
  await keyboard.type('!');
  assert.equal(await hint.textContent(), '');
  await keyboard.press('Tab');
  assert.equal(await focused(chat), 'textarea#message');
  assert.equal(await hint.textContent(), words);
  // Backwards, and in an empty textbox, Tab moves as everywhere.
  await keyboard.press('Shift+Tab');
  assert.notEqual(await focused(chat), 'textarea#message');
  await chat.input.fill('');
  await keyboard.press('Tab');
  assert.equal(await focused(chat), 'button#send');
});

test('the element that has the focus is marked', async () => {
  const chat = await fixture.page();
  const { keyboard } = chat.page;
  for (const id of ['log', 'message', 'send']) {
    const outline = () =>
      chat.page.locator(`#${id}`).evaluate((element) => {
        const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(element);
        return `${outlineStyle} ${outlineWidth} ${boxShadow} ${borderColor}`;
      });
    await chat.page.evaluate(() => document.activeElement.blur());
    const without = await outline();
    // By keyboard: only then do browsers mark the focus.
    for (let presses = 0; presses < 10; presses += 1) {
      await keyboard.press('Tab');
      if ((await focused(chat)).endsWith(`#${id}`)) break;
    }
    assert.match(await focused(chat), new RegExp(`#${id}$`));
    assert.notEqual(await outline(), without, `#${id} looks the same with the focus`);
  }
});

test('on a phone nothing is wider than the screen, and chatting works', async () => {
  const phone = await fixture.page(PHONE);
  const tutorial = await fixture.tutorialClient();
  await phone.input.tap();
  await phone.input.fill('from the train');
  await phone.page.getByRole('button', { name: 'Send', exact: true }).tap();
  await tutorial.hear('from the train');
  tutorial.say(`A ${'very '.repeat(200)}long text`);
  tutorial.say(`https://example.org/${'path/'.repeat(60)}`);
  tutorial.say('short');
  await phone.hears('short');
  assert.deepEqual(await phone.sideways(), { page: 0, log: 0 });

  // The textbox and the newest message are both visible, with letters so large that
  // phones do not zoom in.
  for (const part of [phone.input, phone.status, phone.messages.last()]) {
    const { x, y, width, height } = await part.boundingBox();
    const inside = x >= 0 && y >= 0 && x + width <= 320 && y + height <= 640;
    assert.ok(inside, `${part} is at ${x}, ${y}, ${width} by ${height}`);
  }
  // The same with longer texts in the header, and more tabs than fit.
  for (const room of ['armoury', 'a-room-with-quite-a-long-name', 'well']) await phone.join(room);
  assert.deepEqual(await phone.sideways(), { page: 0, log: 0 });
  await phone.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
  await fixture.server.kill();
  await phone.page.locator('#status[data-state=waiting]').waitFor();
  assert.deepEqual(await phone.sideways(), { page: 0, log: 0 });
  const size = await phone.page.locator('#message').evaluate((element) => getComputedStyle(element).fontSize);
  assert.ok(parseFloat(size) >= 16, `the textbox has letters of ${size}`);
});

test('the page has a dark and a light theme', async () => {
  const background = async (colorScheme) => {
    const chat = await fixture.page({ colorScheme });
    return chat.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  };
  assert.notEqual(await background('dark'), await background('light'));
});
