// The page that finds out why the chat does not connect, in each browser as far as they differ: it finds nothing wrong with a
// good server, and names the step and the fault if something on the way breaks the chat.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { TEXTS } from '../../page/doctor/language.js';
import { violations } from '../accessibility.mjs';
import { AlteringProxy } from '../altering_proxy.mjs';
import { Browser, BROWSERS, LOOKS } from '../browsers.mjs';
import { CutProxy } from '../cut_proxy.mjs';
import { HandshakeProxy } from '../handshake_proxy.mjs';
import { Server } from '../server.mjs';
import { StaffServer } from '../staff.mjs';

const STEPS = ['page', 'http', 'websocket', 'subprotocol', 'program', 'hello', 'room', 'holding', 'latency', 'clock', 'length'];
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

/** The words that a browser itself has of an answer that the page asks for: the server's to a request
 *  without a WebSocket, and one that a proxy cuts. */
const ASKED_FOR = /status of 426|ERR_CONTENT_LENGTH_MISMATCH/;

/** The texts that a message with values has around them. */
const around = (text) => text.split(/\{\w+\}/);

for (const name of Object.keys(BROWSERS)) {
  describe(name, () => {
    let browser;
    let server;
    const ends = [];
    before(async () => {
      browser = await Browser.launch(name);
    });
    after(() => browser.close());
    beforeEach(async () => {
      // With the limits that it has: an examination has to stay below them.
      server = await Server.start({ limited: true });
    });
    afterEach(async (context) => {
      const faults = await browser.closePages();
      for (const end of ends.splice(0)) await end();
      await server.kill();
      context.diagnostic(`the server's log:\n${server.log.all.join('\n')}`);
      assert.deepEqual(faults.filter((it) => !ASKED_FOR.test(it)), []);
    });

    /** Has the server examined through a proxy, or directly. Busy machines need time for a step. */
    async function examine(url = server.url, timeout = 120) {
      const page = await browser.page(`${url}doctor?timeout=${timeout}`, { settled: false });
      await page.page.waitForSelector('#summary-buttons', { visible: true, timeout: 240_000 });
      return page;
    }

    async function through(proxy, timeout) {
      ends.push(() => proxy.end());
      return examine(proxy.url, timeout);
    }

    /** Checks that the steps before this one are good, and that this one has this outcome and says this. */
    async function isUpTo(page, step, outcome, finding) {
      const expected = STEPS.map((name, at) => {
        const last = STEPS.indexOf(step);
        return [name, at < last ? 'good' : at === last ? outcome : 'untried'];
      });
      assert.deepEqual(await outcomes(page), expected, (await page.texts('#report'))[0]);
      const [found] = await page.texts(`[data-step=${step}] .found`);
      for (const part of around(TEXTS.en[finding])) assert.ok(found.includes(part), found);
      const advice = await page.texts(`[data-step=${step}] .advice`);
      const wanted = ['-do', '-operator'].filter((it) => `${finding}${it}` in TEXTS.en);
      assert.equal(advice.length, wanted.length, advice.join('\n'));
      assert.ok(wanted.includes('-do'), 'nothing that a player can do');
      const [report] = await page.texts('#report');
      assert.ok(report.includes(found) && report.includes(advice[0].slice(-20)), report);
    }

    const outcomes = (page) => page.page.$$eval('.step', (all) => all.map(({ dataset }) => [dataset.step, dataset.outcome]));

    /** Looks at the page as it is now, in every way that this browser can show it. */
    async function isAccessible(page) {
      const found = [];
      for (const size of [WIDE, PHONE]) {
        await page.page.setViewport(size);
        for (const look of name === 'chromium' ? LOOKS : ['light']) {
          await page.look(look);
          for (const fault of await violations(page)) found.push(`${look}, ${size.width}: ${fault}`);
        }
        const over = await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${over} pixels wider than ${size.width}`);
      }
      assert.deepEqual(found, []);
    }

    /** A test of what every browser does in the same way: one is enough. */
    const testOnce = name === 'chromium' ? test : () => {};

    test('a good server passes every step, and leaves nothing to do', async () => {
      const page = await examine();
      const [report] = await page.texts('#report');
      assert.deepEqual(await outcomes(page), STEPS.map((step) => [step, 'good']), report);
      assert.deepEqual(await page.texts('.advice'), []);
      assert.deepEqual(await page.texts('#summary-title'), [TEXTS.en['summary-good']]);
      // For a screen reader.
      assert.deepEqual(await page.texts('#news'), [TEXTS.en['summary-good']]);
      const times = await page.texts('.took');
      assert.ok(times.length === STEPS.length && times.every((it) => / ms$/.test(it)), times.join());
      assert.ok(report.includes(`chat:           ws://localhost:${server.port}/ws`) && report.includes('4,096 bytes'), report);
      assert.doesNotMatch(report, /[\u2066-\u2069]/);
      await isAccessible(page);

      await page.page.select('#language', 'de');
      assert.deepEqual(await page.texts('h1'), [TEXTS.de.title]);
      assert.deepEqual(await page.texts('#summary-title'), [TEXTS.de['summary-good']]);
      assert.deepEqual(await page.texts('#report'), [report], 'the report is for others');
      await server.log.first((line) => /left with 1000/.test(line), 'the goodbye');

      // The chat page speaks the same language then.
      const again = await browser.page(server.url, { settled: false, beside: page });
      await again.find('#name-dialog');
      assert.deepEqual(await again.texts('#send'), ['Senden']);
    });

    testOnce('the report can be copied', async () => {
      const page = await examine();
      // As on a page without encryption, where browsers let nobody copy.
      await page.page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }));
      await page.click('#copy');
      await page.shows('#copied', TEXTS.en['not-copied']);
      const selected = await page.page.evaluate(() => getSelection().toString());
      assert.match(selected, /^Guildhall connection report\n[^]*The chat works from here\n?$/);
      await page.page.evaluate(() => {
        const writeText = async (text) => { window.written = text; };
        Object.defineProperty(navigator, 'clipboard', { value: { writeText } });
      });
      await page.click('#copy');
      await page.shows('#copied', TEXTS.en.copied);
      const written = await page.page.evaluate(() => window.written);
      assert.deepEqual([written], await page.texts('#report'));
    });

    test('a proxy that eats the headers of the handshake is found', async () => {
      const page = await through(await AlteringProxy.start({ port: server.port, eatsUpgrade: true }));
      await isUpTo(page, 'websocket', 'failed', 'websocket-cut');
      assert.deepEqual(await page.texts('#summary-title'), [TEXTS.en['summary-failed']]);
      await isAccessible(page);
    });

    test('an answer whose rest does not come is found', async () => {
      const health = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\no';
      const stalled = await through(await AlteringProxy.start({ port: server.port, health }), 5);
      await isUpTo(stalled, 'http', 'failed', 'http-silent');
      const cut = await through(await AlteringProxy.start({ port: server.port, health, endsHealth: true }));
      await isUpTo(cut, 'http', 'failed', 'http-none');
    });

    test('a handshake that nothing answers is found', async () => {
      const page = await through(await AlteringProxy.start({ port: server.port, swallows: true }), 5);
      await isUpTo(page, 'websocket', 'failed', 'websocket-silent');
    });

    test('a subprotocol that gets lost is found', async () => {
      const page = await through(await HandshakeProxy.start({ port: server.port, hides: true }));
      await isUpTo(page, 'subprotocol', 'failed', 'subprotocol-lost');
    });

    test('a connection that opens and is ended at once is found', async () => {
      const page = await through(await AlteringProxy.start({ port: server.port, endsBehind: 0 }));
      await isUpTo(page, 'hello', 'failed', 'hello-closed');
      assert.match((await page.texts('[data-step=hello] .found'))[0], /1,?006/);
    });

    testOnce('messages that are held back until the next one comes are found', async () => {
      // Behind hello, the join and the first message.
      const page = await through(await AlteringProxy.start({ port: server.port, holdsBehind: 3 }));
      await isUpTo(page, 'holding', 'failed', 'holding-held');
    });

    testOnce('messages that are cut from some length on are found', async () => {
      const page = await through(await AlteringProxy.start({ port: server.port, cutsAbove: 1_500 }));
      await isUpTo(page, 'length', 'failed', 'length-cut');
      const [found] = await page.texts('[data-step=length] .found');
      assert.ok(found.includes('1,024') && found.includes('2,048'), found);
    });

    testOnce('a server that wants a token proves that the way is free, and with one the rest is tried', async () => {
      const closed = await StaffServer.start({ guests: 'deny' });
      ends.push(() => closed.end());
      const page = await examine(closed.server.url);
      await isUpTo(page, 'hello', 'warning', 'hello-token');
      assert.deepEqual(await page.texts('#summary-title'), [TEXTS.en['summary-end']]);
      await isAccessible(page);

      const token = await closed.token('42', 'Mira');
      // It may be over before anybody sees that it has begun: only its end is waited for.
      const again = async (text, finding) => {
        await page.page.type('#token', ` ${text}\n`);
        const [begin] = around(TEXTS.en[finding]);
        const isFound = (words) => document.querySelector('#report').textContent.includes(words);
        await page.page.waitForFunction(isFound, { timeout: 240_000 }, begin);
      };
      await again(token.slice(0, -9), 'hello-token-bad');
      await isUpTo(page, 'hello', 'warning', 'hello-token-bad');
      await again(token, 'summary-good');
      const [report] = await page.texts('#report');
      assert.deepEqual(await outcomes(page), STEPS.map((step) => [step, 'good']), report);
      assert.ok(report.includes('Mira') && !report.includes(token.slice(0, 9)), report);
      await page.gone('#token-part');
    });

    test('a quiet connection lasts, or it is said when it has ended', async () => {
      const proxy = await CutProxy.to(server.port);
      const page = await through(proxy);
      // A minute is too long for a test.
      await page.page.$eval('#quiet-minutes option', (it) => { it.value = '0.02'; });
      await page.page.select('#quiet-minutes', '0.02');
      await page.click('#quiet-start');
      await page.shows('#quiet-result .found', TEXTS.en['quiet-good'].replace('{seconds}', '1.2'));
      await page.page.select('#quiet-minutes', '10');
      await page.click('#quiet-start');
      await page.page.waitForFunction(() => document.getElementById('quiet-progress').value >= 1);
      await isAccessible(page);
      proxy.cut();
      await page.find('#quiet-result .advice');
      const [found] = await page.texts('#quiet-result .found');
      const [start, end] = around(TEXTS.en['quiet-cut']);
      assert.ok(found.startsWith(start) && found.endsWith(end), found);
      const [report] = await page.texts('#report');
      assert.ok(report.includes('FAILED  quiet') && report.includes(found), report);
    });

    test('another examination ends the wait, and another wait can begin', async () => {
      const page = await examine();
      await page.page.select('#quiet-minutes', '10');
      await page.click('#quiet-start');
      await page.page.waitForFunction(() => document.getElementById('quiet-progress').value >= 0.5);
      await page.click('#again');
      await page.shows('#summary-title', TEXTS.en['summary-good']);
      await page.gone('#quiet-running');
      await page.page.$eval('#quiet-minutes option', (it) => { it.value = '0.02'; });
      await page.page.select('#quiet-minutes', '0.02');
      await page.click('#quiet-start');
      await page.shows('#quiet-result .found', TEXTS.en['quiet-good'].replace('{seconds}', '1.2'));
    });

    test('the chat page links it while it has no connection', async () => {
      const proxy = await CutProxy.to(server.port);
      ends.push(() => proxy.end());
      const chat = await browser.page(proxy.url, { name: 'Anna' });
      await chat.gone('#doctor');
      proxy.cut();
      await chat.find('#doctor');
      assert.equal(await chat.page.$eval('#doctor', ({ href }) => href), `${proxy.url}doctor`);
      // That page would look at another server.
      const other = await browser.page(`${server.url}?server=${server.chat}x`, { settled: false });
      await other.introduce();
      await other.find('#trouble');
      await other.gone('#doctor');
    });
  });
}

test('each text is there in each language, with the same places', () => {
  const places = (text) => [...new Set(text.match(/\{\w+\}/g))].sort();
  assert.deepEqual(Object.keys(TEXTS.de), Object.keys(TEXTS.en));
  for (const [key, text] of Object.entries(TEXTS.en)) assert.deepEqual(places(TEXTS.de[key]), places(text), key);
});
