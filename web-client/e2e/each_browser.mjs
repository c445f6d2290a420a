// The start of a test file whose tests run in each browser: the browser, and a server for each
// test.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe } from 'node:test';

import { Browser, BROWSERS } from './browsers.mjs';
import { Server } from './server.mjs';

/** Registers the tests of a file once for each browser, with their hooks. `tests` gets what they
 *  start from: `server`, and `page`, which opens a page of it. */
export function inEachBrowser(tests) {
  for (const name of Object.keys(BROWSERS)) {
    describe(name, () => {
      let browser;
      const fixture = { server: null, page: (options) => browser.page(fixture.server.url, options) };
      before(async () => {
        browser = await Browser.launch(name);
      });
      after(() => browser.close());
      beforeEach(async () => {
        fixture.server = await Server.start();
      });
      afterEach(async (context) => {
        const faults = await browser.closePages();
        await fixture.server.kill();
        context.diagnostic(`the server's log:\n${fixture.server.log.all.join('\n')}`);
        assert.deepEqual(faults, []);
      });
      tests(fixture);
    });
  }
}
