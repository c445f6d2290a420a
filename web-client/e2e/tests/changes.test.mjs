// Actions of users on lines that were said, in each browser: edits, removals, reactions, replies
// and searches.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inEachBrowser } from '../each_browser.mjs';

const PHONE = { width: 375, height: 667 };

/** The message of the log with this text. */
const messageWith = (text, part = '') => `::-p-xpath(//li[@data-epoch][p[text()="${text}"]]${part})`;

/** Opens the menu of a message, as its user does, and presses one of its buttons. */
async function act(chat, text, button) {
  await (await chat.find(messageWith(text))).hover();
  await chat.click(messageWith(text, '/button[@class="more"]'));
  await chat.find('#line-menu');
  if (button) {
    await chat.click(`#line-menu ${button}`);
    await chat.gone('#line-menu');
  }
}

const focused = ({ page }) => page.evaluate(() => document.activeElement.id || document.activeElement.className);
const value = ({ page }) => page.$eval('#message', (it) => it.value);

inEachBrowser((fixture) => {
  test('an edit, a reaction, a reply and a removal are seen by others', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    const ben = await fixture.page({ name: 'Ben' });
    await anna.say('Hello wrold');
    await ben.hears('Hello wrold');

    // Whoever did not say it can neither edit nor delete it.
    await act(ben, 'Hello wrold');
    assert.ok(!(await (await ben.page.$('#line-edit')).isVisible()));
    assert.ok(!(await (await ben.page.$('#line-remove')).isVisible()));
    await ben.page.keyboard.press('Escape');
    await ben.gone('#line-menu');
    assert.equal(await focused(ben), 'more', 'the focus goes back to the button');

    await act(anna, 'Hello wrold', '#line-edit');
    assert.equal(await value(anna), 'Hello wrold');
    await anna.shows('#target-words', 'Editing your message. Escape ends it.');
    await anna.page.$eval('#message', (it) => it.select());
    await anna.say('Hello world');
    for (const chat of [anna, ben]) {
      await chat.hears('Hello world');
      await chat.shows('.edited', 'edited');
      assert.deepEqual(await chat.texts('#log [data-seq] .text'), ['Hello world']);
    }
    await anna.gone('#target');
    assert.equal(await value(anna), '');

    await act(ben, 'Hello world', '[data-react="👍"]');
    await ben.shows('.reaction[aria-pressed=true]', '👍 1');
    await anna.shows('.reaction[aria-pressed=false]', '👍 1');
    await anna.click('.reaction');
    for (const chat of [anna, ben]) await chat.shows('.reaction[aria-pressed=true]', '👍 2');
    assert.equal(await focused(anna), 'reaction');
    await anna.click('.reaction');
    await anna.shows('.reaction[aria-pressed=false]', '👍 1');
    await ben.shows('.reaction[aria-pressed=true]', '👍 1');
    await ben.click('.reaction');
    for (const chat of [anna, ben]) await chat.gone('.reaction');
    assert.equal(await focused(ben), 'more', 'the focus is not lost with the button');

    await act(ben, 'Hello world', '[data-do=reply]');
    await ben.shows('#target-words', 'Reply to Anna: Hello world');
    assert.equal(await focused(ben), 'message');
    await ben.say('Hi Anna');
    for (const chat of [anna, ben]) await chat.shows('.quote', 'Reply to Anna: Hello world');
    await ben.gone('#target');
    await anna.click('.quote');
    assert.equal(await anna.page.evaluate(() => document.activeElement.querySelector('.text').textContent), 'Hello world');

    await act(anna, 'Hello world', '#line-remove');
    for (const chat of [anna, ben]) {
      await chat.shows('.removed .text', 'message removed');
      await chat.shows('.quote', 'Reply to Anna: message removed');
      assert.ok(!(await chat.page.content()).includes('Hello world'), 'what was removed is nowhere');
    }
    // For those who come later there is no trace of it.
    const cleo = await fixture.page({ name: 'Cleo' });
    await cleo.hears('Hi Anna');
    await cleo.shows('.quote', 'Reply to an earlier message');
    await cleo.gone('.removed');
  });

  test('Up edits the last own message, Escape ends that, and a draft comes back', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    const { keyboard } = anna.page;
    await anna.say('one');
    await anna.hears('one');
    await anna.say('two');
    await anna.hears('two');
    await keyboard.press('ArrowUp');
    await anna.find('#target');
    assert.equal(await value(anna), 'two');
    await keyboard.press('Escape');
    await anna.gone('#target');
    assert.equal(await value(anna), '');
    await keyboard.type('a draft');
    await act(anna, 'one', '#line-edit');
    assert.equal(await value(anna), 'one');
    await keyboard.type(' more');
    await keyboard.press('Enter');
    await anna.hears('one more');
    assert.equal(await value(anna), 'a draft');

    // The menu by keyboard alone: of the newest, then of the one above.
    await keyboard.down('Shift');
    await keyboard.press('Tab');
    await keyboard.up('Shift');
    assert.equal(await focused(anna), 'more');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await anna.find('#line-menu');
    await keyboard.press('Enter');
    await anna.shows('.reaction', '👍 1');
    await anna.find(messageWith('one more', '//button[@class="reaction"]'));
  });

  test('a search finds what was said in all rooms, page by page', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    await anna.say('gold in the lobby');
    await anna.hears('gold in the lobby');
    await anna.join('den');
    await anna.say('no silver here');
    await anna.say('gold in the den');
    await anna.hears('gold in the den');
    const { keyboard } = anna.page;
    await keyboard.down('Control');
    await keyboard.down('Shift');
    await keyboard.press('F');
    await keyboard.up('Shift');
    await keyboard.up('Control');
    await anna.find('#search-dialog');
    assert.equal(await focused(anna), 'words');
    await keyboard.type('gold');
    await keyboard.press('Enter');
    await anna.shows('#search-hint', '2 messages found:');
    assert.deepEqual(await anna.texts('#found .text'), ['gold in the den', 'gold in the lobby']);
    assert.deepEqual(await anna.texts('#found .found-room'), ['den', 'lobby']);
    assert.deepEqual(await anna.texts('#found .speaker'), ['Anna', 'Anna']);
    assert.equal((await anna.texts('#found time')).filter((it) => it.length > 3).length, 2);
    await anna.page.$eval('#words', (it) => it.select());
    await keyboard.type('brass');
    await keyboard.press('Enter');
    await anna.shows('#search-hint', 'Nothing was found.');
    assert.deepEqual(await anna.texts('#found li'), []);
    await keyboard.press('Escape');
    await anna.gone('#search-dialog');
  });

  test('on a phone, the menu is at the bottom and nothing is too wide', async () => {
    const anna = await fixture.page({ name: 'Anna', ...PHONE });
    await anna.say('a long message '.repeat(20).trim());
    await anna.find('#log [data-epoch]');
    await anna.click('#log .more');
    const menu = await (await anna.find('#line-menu')).boundingBox();
    assert.ok(Math.abs(menu.y + menu.height - PHONE.height) < 1, JSON.stringify(menu));
    assert.equal(menu.width, PHONE.width);
    await anna.click('#line-menu [data-do=reply]');
    await anna.find('#target');
    await anna.say('short');
    await anna.find('.quote');
    const over = await anna.page.evaluate(() => {
      const log = document.querySelector('#log');
      return [document.documentElement.scrollWidth - innerWidth, log.scrollWidth - log.clientWidth];
    });
    assert.deepEqual(over, [0, 0]);
    await anna.click('#search');
    const { width } = await (await anna.find('#search-dialog')).boundingBox();
    assert.ok(width <= PHONE.width);
  });
});
