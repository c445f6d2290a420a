// Every view and dialog of the moderators' page, in each browser: axe-core finds no fault in a light
// and a dark theme and with colours that the system forces, on a desk and on a phone, and nothing is
// wider than the phone. And the words are there in each language.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { TEXTS } from '../../staff/moderate/texts.js';
import { SHARED_TEXTS } from '../../staff/shared/texts.js';
import { Browser, LOOKS } from '../browsers.mjs';
import { StaffServer } from '../staff.mjs';
import { goTo, lookerAt } from '../staff_looks.mjs';

const LONG = 'a-room-with-a-very-long-name-of-32'.slice(0, 32);

/** All views with something in them, by their places, each with what is there when it has come. */
const VIEWS = {
  '/reports': 'tbody tr',
  '/reports/1': '.message.marked',
  '/held': '.card',
  '/rooms': 'tbody tr',
  '/rooms/lobby': 'tbody tr',
  '/rooms/nobody-was-here': '.empty',
  '/sanctions': 'tbody tr',
  '/users': 'form',
  '/users?account=ben': 'table',
  '/users?account=nobody': '.empty',
  '/search?room=lobby': '.message',
  '/audit': 'tbody tr',
  '/reports/99': '.problem',
  '/nonsense': '.problem',
};

/** Places, and which of their buttons opens a dialog. */
const DIALOGS = [
  ['/reports/1', 1], ['/reports/1', 2], ['/rooms/lobby', 0], ['/rooms/lobby', 1], ['/sanctions', 0],
  ['/users?account=ben', 2],
];

async function withSomethingInEachView() {
  const staff = await StaffServer.start();
  const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
  const anna = await staff.player('Anna', 'lobby', await staff.token('anna', 'Anna'));
  await staff.player('Cleo', LONG);
  const seq = await ben.say(`An insult ${'that goes on and on '.repeat(10)}${'x'.repeat(200)}`);
  await anna.report({ room: 'lobby', seq, reason: 'harassment', note: 'Every evening' });
  await anna.report({ user: 'Cleo', reason: 'name' });
  await ben.sayHeld('waitword');
  const mute = { kind: 'mute', user: { account: 'ben' }, room: 'market', seconds: 86_400, reason: 'spam', rule: 'No spam', note: 'again' };
  await staff.call('POST', '/sanctions', mute);
  return staff;
}

async function check(name, looks, launched = looks[0]) {
  const staff = await withSomethingInEachView();
  const browser = await Browser.launch(name, launched);
  const found = [];
  try {
    const page = await browser.page(staff.url('moderate'), { settled: false });
    const lookAt = lookerAt(page, looks, found);
    await page.find('#token');
    await lookAt('the form for a token');
    const token = await staff.token('mod-1', 'Mona', ['*=admin']);
    await page.page.evaluate((token) => { location.hash = `token=${token}`; }, token);
    await page.find('#nav');
    for (const [place, is] of Object.entries(VIEWS)) {
      await goTo(page, place);
      await page.find(`#view ${is}:not(.loading)`);
      await lookAt(place);
    }
    for (const [place, index] of DIALOGS) {
      await goTo(page, place);
      await page.page.evaluate((index) => document.querySelectorAll('#view .buttons button')[index].click(), index);
      await page.find('dialog[open]');
      await lookAt(`a dialog of ${place}`);
      await page.page.keyboard.press('Escape');
      await page.gone('dialog');
    }
    await staff.server.kill();
    await page.find('#trouble');
    await lookAt('a server that is away');
    const faults = await browser.closePages();
    assert.deepEqual(faults.filter((it) => !/Failed to load resource|NetworkError/.test(it)), []);
  } finally {
    await browser.close();
    await staff.end();
  }
  assert.deepEqual(found, []);
}

test('axe-core finds no fault in any view, in Chromium', () => check('chromium', LOOKS));

// Firefox cannot change its look while it runs.
describe('Firefox', () => {
  for (const look of LOOKS) {
    test(`axe-core finds no fault in any view, ${look}`, () => check('firefox', [look]));
  }
});

test('each text is there in each language, with the same places', () => {
  const places = (text) => [...new Set(Object.values(typeof text === 'string' ? { text } : text).join(' ').match(/\{\w+\}/g))].sort();
  for (const texts of [SHARED_TEXTS, TEXTS]) {
    assert.deepEqual(Object.keys(texts.de), Object.keys(texts.en));
    for (const [key, text] of Object.entries(texts.en)) {
      assert.deepEqual(places(texts.de[key]), places(text), key);
    }
  }
});
