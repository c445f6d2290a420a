// Every view and the dialog of the operator's page, in each browser: axe-core finds no fault in a
// light and a dark theme and with colours that the system forces, on a desk and on a phone, and
// nothing is wider than the phone. And the words are there in each language.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { TEXTS } from '../../staff/operate/texts.js';
import { Browser, LOOKS } from '../browsers.mjs';
import { SlowClient } from '../slow_client.mjs';
import { KEY, StaffServer } from '../staff.mjs';
import { goTo, lookerAt } from '../staff_looks.mjs';

const LONG = 'a-room-with-a-very-long-name-of-32'.slice(0, 32);

/** All views, by their places, each with what is there when it has come. */
const VIEWS = {
  '/overview': '#feed',
  '/clients': 'tbody tr',
  '/clients?user=nobody': '.problem',
  '/clients?room=nobody-was-here': '.empty',
  '/clients/1': 'dl',
  '/clients/99': '.empty',
  '/settings': 'tbody tr',
  '/settings?show=set': 'tbody tr',
  '/nonsense': '.problem',
};

/** A receiver of webhooks that nobody listens at. */
const EVENTS = `
[events]
enabled = true
[[webhooks]]
url = "http://127.0.0.1:9/a-receiver-that-is-not-there"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"]
`;

async function withSomethingInEachView() {
  const staff = await StaffServer.start({ settings: EVENTS, keeps: true });
  const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
  await staff.player('Cleo', LONG);
  const refused = ben.until('failed');
  ben.client.whisper('Nobody', 'psst');
  await refused;
  for (let at = 0; at < 5; at += 1) await ben.say(`line ${at}`);
  const gone = await SlowClient.connect(staff.server.port);
  gone.end();
  return staff;
}

async function check(name, looks, launched = looks[0]) {
  const staff = await withSomethingInEachView();
  const browser = await Browser.launch(name, launched);
  const found = [];
  try {
    const page = await browser.page(staff.url('operate'), { settled: false });
    const lookAt = lookerAt(page, looks, found);
    await page.find('#token');
    await lookAt('the form for a key');
    await page.page.evaluate((key) => { location.hash = `token=${key}`; }, KEY);
    await page.find('#nav');
    for (const [place, is] of Object.entries(VIEWS)) {
      await goTo(page, place);
      await page.find(`#view :is(${is}):not(.loading)`);
      await lookAt(place);
    }
    await goTo(page, '/clients/1');
    await page.page.evaluate(() => document.querySelector('#view .buttons button').click());
    await page.find('dialog[open]');
    await lookAt('the dialog');
    await page.page.keyboard.press('Escape');
    await page.gone('dialog');
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

// The colours are those of the moderators' page, which is looked at in all looks in Firefox, too.
test('axe-core finds no fault in any view, in Firefox', () => check('firefox', ['light']));

test('each text is there in each language, with the same places', () => {
  const places = (text) => [...new Set(Object.values(typeof text === 'string' ? { text } : text).join(' ').match(/\{\w+\}/g))].sort();
  assert.deepEqual(Object.keys(TEXTS.de), Object.keys(TEXTS.en));
  for (const [key, text] of Object.entries(TEXTS.en)) assert.deepEqual(places(TEXTS.de[key]), places(text), key);
});

test('there are words for each reason for which the server refuses something', async () => {
  const root = new URL('../../../', import.meta.url);
  const source = await readFile(new URL('server/src/metrics/labels.rs', root), 'utf8');
  const prefixes = { HandshakeRefused: 'handshake', Dropped: 'dropped', State: 'state-of', Limited: 'limit' };
  for (const [name, prefix] of Object.entries(prefixes)) {
    const [, block] = new RegExp(`\\n {4}${name} \\{([^}]*)\\}`).exec(source);
    const words = [...block.matchAll(/= "(\w+)"/g)].map(([, word]) => word);
    assert.ok(words.length > 2, name);
    for (const word of words) assert.ok(`${prefix}-${word}` in TEXTS.en, `${prefix}-${word}`);
  }
  const schema = await readFile(new URL('proto/packets.proto', root), 'utf8');
  const codes = [...schema.matchAll(/ERROR_CODE_(\w+) =/g)].map(([, code]) => code);
  assert.ok(codes.length > 20);
  for (const code of codes) assert.ok(`error-${code}` in TEXTS.en, code);
});
