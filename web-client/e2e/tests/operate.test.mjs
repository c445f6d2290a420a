// The operator's page against the real server, in each browser: it shows what happens while it does,
// and what is done there is done to clients.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Browser, BROWSERS } from '../browsers.mjs';
import { KEY, StaffServer } from '../staff.mjs';
import { SlowClient } from '../slow_client.mjs';

/** The browser itself says when a request gets an error, or no answer. */
const OF_THE_NETWORK = /Failed to load resource|NetworkError|Cross-Origin Request Blocked/;

for (const name of Object.keys(BROWSERS)) {
  describe(name, () => {
    let browser;
    let staff;
    before(async () => {
      browser = await Browser.launch(name);
    });
    after(() => browser.close());
    beforeEach(async () => {
      staff = await StaffServer.start({ flags: ['--max-waiting=8388608', '--client-rate=0'] });
    });
    afterEach(async (context) => {
      const faults = await browser.closePages();
      await staff.end();
      context.diagnostic(`the server's log:\n${staff.server.log.all.join('\n')}`);
      assert.deepEqual(faults.filter((it) => !OF_THE_NETWORK.test(it)), []);
    });

    /** The page of an operator that is signed in. */
    async function operator(place = '/overview') {
      const page = await browser.page(`${staff.url('operate')}#token=${KEY}&view=${encodeURIComponent(place)}`, { settled: false });
      await page.find('#nav');
      await page.page.waitForFunction(() => document.querySelector('#view h1') && !document.querySelector('#view .loading'));
      return page;
    }

    test('a moderator is told that the page is not for it, and a key stays until its user signs out', async () => {
      const token = await staff.token('mod-1', 'Mona', ['*=admin']);
      const page = await browser.page(`${staff.url('operate')}#token=${token}`, { settled: false });
      await says(page, '#token-problem', 'it needs the key of the API');
      await page.page.type('#token', KEY);
      await page.page.keyboard.press('Enter');
      await page.shows('.me', 'Signed in with the key of the API');
      assert.equal(await page.page.evaluate(() => location.href.includes('key-of-32')), false);
      await press(page, '#head', 'Sign out');
      await page.find('#token');
      assert.equal(await page.page.evaluate(() => JSON.stringify([sessionStorage, document.cookie])), '[{},""]');
      assert.equal(await page.page.$eval('#view', (it) => it.textContent), '');
    });

    test('clients come, lines are said, a client reads slowly, and the page shows it', async () => {
      const page = await operator();
      await says(page, '#view', 'The server delivers');
      await page.shows('[data-tile=clients] .value', '0');
      const ben = await staff.player('Ben', 'lobby');
      const anna = await staff.player('Anna', 'lobby');
      await page.shows('[data-tile=clients] .value', '2');
      await page.shows('[data-tile=users] .value', '2');
      const rate = () => page.page.$eval('[data-tile=lines-in] .value', (it) => Number(it.textContent));
      let said = 0;
      await eventually(async () => {
        await ben.say(`line ${said += 1}`);
        return (await rate()) > 0;
      }, 'the rate of lines rises', rate);
      // A chart says in words what it shows.
      const label = () => page.page.$eval('[data-tile=lines-in] .chart', (it) => it.getAttribute('aria-label').replace(/[\u2068\u2069]/g, ''));
      await eventually(async () => /^Lines in, a second, lately: now [\d.]+, at most [\d.]+$/.test(await label()), 'the label of a chart', label);
      await page.shows('#rooms + table th a', 'lobby');
      const refused = anna.until('failed');
      anna.client.whisper('Nobody', 'psst');
      await refused;
      await page.shows('#refusals + table tbody th', 'Nobody has this name or number');
      await says(page, '#refused + table tbody', 'Anna');
      const slow = await SlowClient.connect(staff.server.port);
      try {
        await eventually(async () => {
          // All that the systems hold for it comes before what the server queues.
          await Promise.all(Array.from({ length: 40 }, () => ben.say(`${said += 1} ${'x'.repeat(1_900)}`)));
          return (await page.texts('#slow + table tbody th')).length > 0;
        }, 'the slow client is listed');
        assert.match((await page.texts('#slow + table tbody td')).join(' '), /the tutorial’s.* \d[\d.,]*\s(B|KiB|MiB)/);
      } finally {
        slow.end();
      }
      await eventually(async () => (await page.texts('#endings + table tbody th')).length > 0, 'its end is counted');
    });

    test('the time of deliveries, the threads and the store are shown as they work', async () => {
      await staff.end();
      staff = await StaffServer.start({ keeps: true, flags: ['--client-rate=0'] });
      const page = await operator();
      const ben = await staff.player('Ben', 'lobby');
      const measured = /[1-9].*(µs|ms|s)/;
      let said = 0;
      const shows = async (selector, expected) => {
        await eventually(async () => {
          await ben.say(`line ${said += 1}`);
          return (await page.texts(selector)).some((it) => expected.test(it));
        }, `${selector} shows ${expected}`, () => page.texts(selector));
      };
      await shows('[data-tile=fan-out] .value', measured);
      await shows('[data-tile=fan-out]', /p50: [^–]*\d/);
      await shows('#threads + table tbody tr', /^network-0\s*\d[\d.,]*\s*%/);
      await shows('#store ~ dl', /p99[^–]*[1-9][^–]*(µs|ms|s)/);
      await shows('[data-tile=store] .scale', measured);
    });

    test('a client is found with its rooms and what it was refused, and is closed', async () => {
      const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
      await staff.player('Anna', 'market');
      const page = await operator('/clients');
      await eventually(async () => (await page.texts('tbody tr')).length === 2, 'two clients');
      await page.page.type('#clients-room', 'lobby');
      await page.page.keyboard.press('Enter');
      await eventually(async () => (await page.texts('tbody tr')).length === 1, 'the one in the lobby');
      await press(page, 'tbody', 'Client ', 'a');
      await says(page, '#view dl', 'Ben ben');
      await says(page, '#view dl', 'lobby');
      const [{ address }] = (await staff.call('GET', '/clients?room=lobby')).clients;
      await says(page, '#view dl', address);
      await says(page, '#view dl', 'guildhall.v1');
      await says(page, '#view dl', 'Queue0\u00a0B');
      await says(page, '#view', 'None of its requests was refused.');
      const refused = ben.until('failed');
      ben.client.whisper('Nobody', 'psst');
      await refused;
      await page.shows('tbody th', 'Nobody has this name or number');
      // Nothing is done before the operator has confirmed it.
      await press(page, '#view', 'Close connection…');
      await says(page, 'dialog', 'The connection of Ben is closed.');
      await page.page.keyboard.press('Escape');
      await page.gone('dialog');
      await press(page, '#view', 'Close connection…');
      await press(page, 'dialog', 'Close');
      await says(page, '#status', 'is closed.');
      await ben.until('state', ({ state }) => state.kind === 'closed' && state.code === 3504);
      await says(page, '#view', 'This client is not connected any more.');
      const { clients } = await staff.call('GET', '/clients');
      assert.deepEqual(clients.map((it) => it.user.name), ['Anna']);
    });

    test('the settings in force show where each is from, and no secret', async () => {
      const page = await operator('/settings');
      const row = async (name) => {
        const rows = await page.texts('tbody tr');
        return rows.find((it) => it.startsWith(name));
      };
      assert.match(await row('max_waiting'), /8388608flag --max-waiting/);
      assert.match(await row('api.listen'), /line \d+ of the file/);
      assert.match(await row('max_rooms'), /4096default/);
      await page.click('#settings-set');
      await eventually(
        async () => (await row('accounts')) && !(await row('max_rooms')),
        'defaults are left out',
        () => page.texts('tbody tr'),
      );
      assert.equal((await page.texts('body')).join().includes(KEY), false);
      // They may be others after a reload.
      const asked = await page.page.waitForRequest((request) => request.url().endsWith('/settings'));
      assert.ok(asked);
    });

    test('a change of the health is told to whoever does not see it, also by a newer server', async () => {
      const page = await operator();
      await says(page, '.verdict', 'The server delivers');
      assert.equal(await page.page.$eval('#news', (it) => it.textContent), '');
      await page.page.evaluate(() => {
        const real = window.fetch;
        const health = { status: 'failed', checks: [{ name: 'moon', ok: false, problem: 'it is not there' }] };
        window.fetch = (url, options) => (url.endsWith('readyz') ? new Response(JSON.stringify(health), { status: 503 }) : real(url, options));
      });
      await says(page, '#news', 'The server does not deliver. moon: it is not there');
      await says(page, '.state.ill li', 'moon: it is not there');
    });

    test('something else that answers for the metrics is not taken for the server', async () => {
      const page = await operator();
      await says(page, '.verdict', 'The server delivers');
      await page.page.evaluate(() => {
        const real = window.fetch;
        window.fetch = (url, options) => (url.endsWith('metrics') ? new Response('<!doctype html>') : real(url, options));
      });
      await says(page, '#trouble', 'What answers at this address is not the server');
      await says(page, '.verdict', 'Whether the server delivers is not known now');
    });

    test('a client is found by whatever its user is called, and a search without a hit can be changed', async () => {
      await staff.player('Ben', 'lobby', await staff.token('ben-account', 'Ben'));
      await staff.player('Gina', 'market');
      const { clients } = await staff.call('GET', '/clients');
      const gina = clients.find((it) => it.user.name === 'Gina');
      const page = await operator('/clients');
      const find = async (user) => {
        await page.page.$eval('#clients-user', (it) => { it.value = ''; });
        await page.page.type('#clients-user', user);
        await page.page.keyboard.press('Enter');
      };
      const finds = (client) => eventually(
        async () => (await page.texts('tbody th')).join() === `Client ${client.id}`, `client ${client.id}`, () => page.texts('#view'),
      );
      const ben = clients.find((it) => it.user.name === 'Ben');
      await find('ben-account');
      await finds(ben);
      await find('Nina');
      await says(page, '#view .problem', 'The server knows no such user.');
      await find('Gina');
      await finds(gina);
      await page.page.type('#clients-address', 'nowhere');
      await page.page.keyboard.press('Enter');
      await says(page, '#view .problem', '`address` is an IP address');
      await page.page.$eval('#clients-address', (it) => { it.value = ''; });
      await find(String(gina.user.id));
      await finds(gina);
    });

    test('a part that gets no answer does not hide the others', async () => {
      const page = await operator();
      await says(page, '#view', 'The server delivers');
      // As if a network thread did not answer.
      await page.page.evaluate(() => {
        const real = window.fetch;
        window.fetch = (url, options) => (url.includes('/clients?') ? new Promise((_, reject) => {
          options.signal.addEventListener('abort', () => reject(options.signal.reason));
        }) : real(url, options));
      });
      await says(page, '#slow + .problem', 'The server did not answer in time.');
      await staff.player('Ben', 'lobby');
      await page.shows('[data-tile=clients] .value', '1');
      await page.shows('#rooms + table th a', 'lobby');
      await says(page, '.verdict', 'The server delivers');
      assert.equal(await page.page.$eval('#trouble', (it) => it.hidden), true);
    });

    test('a server that hangs is not said to deliver', async () => {
      const page = await operator();
      await says(page, '.verdict', 'The server delivers');
      staff.server.freeze();
      try {
        await says(page, '.state.unsure .verdict', 'Whether the server delivers is not known now');
        await says(page, '#trouble', 'The server did not answer in time.');
      } finally {
        staff.server.thaw();
      }
      await says(page, '.verdict', 'The server delivers');
      await page.gone('#trouble');
    });

    test('the settings say that the server is gone, and can be filtered meanwhile', async () => {
      const page = await operator('/settings');
      await staff.server.kill();
      await says(page, '#trouble', 'The server cannot be reached.');
      await page.click('#settings-set');
      await eventually(async () => {
        const rows = await page.texts('tbody tr');
        return rows.length > 0 && !rows.some((it) => it.startsWith('max_rooms'));
      }, 'defaults are left out', () => page.texts('#view'));
      await staff.restart();
      await page.gone('#trouble');
    });

    test('whoever signs in while the server is away is signed in when it is back', async () => {
      const page = await browser.page(staff.url('operate'), { settled: false });
      await page.find('#token');
      await staff.server.kill();
      await page.page.type('#token', KEY);
      await page.page.keyboard.press('Enter');
      await says(page, '#token-problem', 'The server cannot be reached.');
      assert.equal(await page.page.$eval('#token', (it) => it.value), KEY);
      await staff.restart();
      await page.shows('.me', 'Signed in with the key of the API');
      await says(page, '.verdict', 'The server delivers');
    });

    test('nothing is asked while the page is held, and all of it after that', async () => {
      const page = await operator();
      await press(page, '#head', 'Hold');
      const asked = [];
      page.page.on('request', (request) => asked.push(request.url()));
      await staff.player('Ben', 'lobby');
      // Longer than the page waits between two questions.
      await new Promise((resolve) => { setTimeout(resolve, 3_000); });
      assert.deepEqual(asked, []);
      // Nobody takes it for what is so now.
      await says(page, '#trouble', 'you hold it');
      await says(page, '.verdict', 'Whether the server delivers is not known now');
      await press(page, '#head', 'Hold');
      await page.gone('#trouble');
      await says(page, '.verdict', 'The server delivers');
      await page.shows('[data-tile=clients] .value', '1');
    });

    test('a server that was away: the page says so, and begins anew when it is back', async () => {
      const page = await operator();
      await page.shows('[data-tile=clients] .value', '0');
      await staff.server.kill();
      await says(page, '#trouble', 'The server cannot be reached.');
      await staff.restart();
      await page.gone('#trouble');
      await staff.player('Ben', 'lobby');
      await page.shows('[data-tile=clients] .value', '1');
    });
  });
}

/** Presses the first element with this text within the first element of `within` that has one. */
async function press(page, within, text, tag = 'button') {
  // Wherever it is: the view may be shown anew meanwhile.
  await page.click(`${within} ::-p-xpath(.//${tag}[starts-with(normalize-space(.), "${text}")])`);
}

/** Waits until the text of an element has this in it. */
async function says(page, selector, text) {
  const clean = async () => (await page.texts(selector)).join(' | ');
  await eventually(async () => (await clean()).includes(text), `${selector} says ${text}`, clean);
}

/** Looks again and again until something is so. */
async function eventually(isSo, what, seen = () => '') {
  const end = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > end) assert.fail(`never: ${what}; but ${await seen()}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}
