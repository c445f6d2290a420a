// The examples of the library's README, as a web game would run them: they print
// what their comments say, and together they use the whole library.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventLog } from '../event_log.mjs';
import { examples } from '../examples.mjs';
import { Fixture } from '../fixture.mjs';
import { Site } from '../site.mjs';

const fixture = Fixture.forEachTest();

const DOCUMENTED_SERVER = 'ws://localhost:8080/ws';
/** What wasm-bindgen adds to a class for those who manage its memory. */
const GENERATED = ['constructor', 'free', '__destroy_into_raw'];

/** The lines that an example prints, according to its comments. */
function expectedOutput(code) {
  return Array.from(code.matchAll(/\/\/ +prints: (.*)$/gm), ([, line]) => line);
}

/** Runs in the page: notes every member of the class that is used from now on. */
async function watchUse() {
  const { ChatClient } = await import('/guildhall.js');
  const used = (window.used = new Set(['new ChatClient']));
  const members = Object.getOwnPropertyDescriptors(ChatClient.prototype);
  for (const [name, member] of Object.entries(members)) {
    for (const kind of ['value', 'get', 'set']) {
      const original = member[kind];
      if (typeof original !== 'function' || name === 'constructor') continue;
      member[kind] = function (...parameters) {
        used.add(name);
        return original.apply(this, parameters);
      };
    }
    Object.defineProperty(ChatClient.prototype, name, member);
  }
  return Object.keys(members);
}

test('the examples print what their comments say and use the whole library', async () => {
  const all = await examples();
  assert.ok(all.length >= 4, `${all.length} examples`);
  const members = new Set();
  const used = new Set();
  for (const { heading, code } of all) {
    const site = await Site.open();
    const server = await fixture.anotherServer({ flags: [`--allow-origin=${site.origin}`] });
    site.add('example.js', code.replaceAll(DOCUMENTED_SERVER, server.chat));
    const expected = expectedOutput(code);
    assert.ok(expected.length > 0, `${heading}: it prints nothing`);
    const page = await fixture.browser.newPage();
    try {
      const printed = new EventLog();
      page.on('console', (message) => printed.add(message.text()));
      page.on('pageerror', (error) => printed.add(`error: ${error}`));
      await page.goto(site.origin);
      for (const name of await page.evaluate(watchUse)) members.add(name);
      await page.evaluate(() => import('/example.js'));
      await printed.until((lines) => lines.length >= expected.length, `the output of: ${heading}`);
      // In the order of the program, which is not that of its comments.
      assert.deepEqual(printed.all.sort(), expected.sort(), heading);
      for (const name of await page.evaluate(() => [...window.used])) used.add(name);
    } finally {
      await page.close();
      site.close();
    }
  }
  const missing = [...members].filter((name) => !used.has(name) && !GENERATED.includes(name));
  assert.deepEqual(missing, [], 'the README has no example of these');
  assert.ok(members.has('fetchHistory'), [...members].join(', '));
});
