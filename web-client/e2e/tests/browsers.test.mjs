// The main conversation, in each browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inEachBrowser } from '../each_browser.mjs';

inEachBrowser((fixture) => {
  test('two users chat, whisper and meet in another room', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    const ben = await fixture.page({ name: 'Ben' });
    const texts = ['Hello!', 'Grüße 🏰', '<b>bold</b>', 'שלום', 'é'.repeat(500)];
    for (const [at, text] of texts.entries()) {
      await [anna, ben][at % 2].say(text);
      for (const page of [anna, ben]) await page.hears(text);
    }
    assert.deepEqual(await anna.texts('#log .text'), texts);
    assert.deepEqual(await ben.texts('#log .text'), texts);
    const own = '#log [data-own] .text';
    assert.deepEqual(await ben.texts(own), texts.filter((_, at) => at % 2 === 1));
    assert.deepEqual(await ben.texts('#log .text *'), [], 'a text is no markup');
    assert.equal(await ben.page.$eval('#log', (it) => it.scrollWidth - it.clientWidth), 0, 'too wide');

    await ben.say('/w Anna psst');
    await anna.shows('[data-kind=whisper] .badge', '1');
    await anna.goTo('Ben');
    await anna.hears('psst');
    await anna.say('what?');
    await ben.isIn('Anna');
    await ben.hears('what?');

    await anna.join('den');
    await ben.goTo('lobby');
    await ben.join('den');
    await anna.shows('.notice span', 'Ben joined.');
    await anna.say('/nick Dora');
    await ben.shows('.notice span', 'Anna is now Dora.');
    await ben.shows('#member-list bdi', 'Dora');
    await anna.goTo('lobby');
    await ben.say('in the den');
    await anna.shows('[role=tab] .badge', '1');
    // As the browser itself tells it to a screen reader.
    await anna.find('::-p-aria([name="den 1 unread"][role="tab"])');
    await anna.page.select('#language', 'de');
    await anna.shows('#send', 'Senden');
    await anna.goTo('den');
    await anna.hears('in the den');
    assert.deepEqual(await anna.texts('.divider'), ['Neu']);
  });

  test('a lost connection comes back without a gap or a repeat', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    await anna.say('before');
    await anna.hears('before');
    await fixture.server.kill();
    await anna.find('#status[data-state=waiting]');
    await anna.say('meanwhile');
    await anna.find('[data-nonce][data-state=pending]');
    await fixture.server.restart();
    await anna.hears('meanwhile');
    await anna.find('#status[data-state=online]');
    await anna.gone('#trouble');
    await anna.gone('[data-nonce]');
    await anna.say('after');
    await anna.hears('after');
    assert.deepEqual(await anna.texts('#log .text'), ['before', 'meanwhile', 'after']);
    assert.equal(await anna.page.$eval('#own-name', (it) => it.textContent), 'Anna');
  });

  test('the log follows the newest line unless its reader has scrolled up', async () => {
    const anna = await fixture.page({ height: 400 });
    const ben = await fixture.page();
    const fromEnd = () =>
      anna.page.$eval('#log', (it) => it.scrollHeight - it.scrollTop - it.clientHeight);
    for (let number = 0; number < 15; number += 1) await ben.say(`${number}`);
    await anna.hears('14');
    assert.ok((await fromEnd()) < 2, 'it has followed');
    await anna.page.focus('#log');
    await anna.page.keyboard.press('Home');
    await anna.find('#newest');
    await anna.page.waitForFunction(() => document.querySelector('#log').scrollTop === 0);
    await ben.say('the newest');
    await anna.shows('#newest', 'Jump to newest (1 new)');
    assert.equal(await anna.page.$eval('#log', (it) => it.scrollTop), 0);
    await anna.click('#newest');
    await anna.gone('#newest');
    assert.ok((await fromEnd()) < 2, 'it is at the end again');
    assert.equal(await anna.page.evaluate(() => document.activeElement.id), 'message');
  });

  test('everything can be done by keyboard alone', async () => {
    const anna = await fixture.page({ name: 'Anna' });
    const { keyboard } = anna.page;
    const value = () => anna.page.$eval('#message', (it) => it.value);
    await keyboard.type('first');
    await keyboard.press('Enter');
    await anna.hears('first');
    await keyboard.down('Alt');
    await keyboard.press('ArrowUp');
    await keyboard.up('Alt');
    assert.equal(await value(), 'first');
    await keyboard.down('Shift');
    await keyboard.press('Enter');
    await keyboard.up('Shift');
    await keyboard.type('second');
    await keyboard.press('Enter');
    await anna.hears('first\nsecond');
    await keyboard.type('/jo');
    await anna.find('#choices li');
    await keyboard.press('Tab');
    assert.equal(await value(), '/join ');
    await keyboard.type('den');
    await keyboard.press('Enter');
    await anna.isIn('den');
    await anna.page.focus('[role=tab][aria-selected=true]');
    await keyboard.press('ArrowLeft');
    await anna.isIn('lobby');
    await keyboard.press('End');
    await anna.isIn('den');
    await keyboard.press('Delete');
    await anna.isIn('lobby');
    assert.deepEqual(await anna.texts('[role=tab]'), ['lobby']);
  });
});
