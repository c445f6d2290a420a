// The start of a test file that needs a server which does as the test says: a browser, and for
// each test a scripted server.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';

import { ChatPage, launch } from './page.mjs';
import { ScriptedServer } from './scripted_server.mjs';

export class Scripted {
  server;
  browser;
  #pages = [];

  /** Registers the hooks of a test file. */
  static forEachTest() {
    const scripted = new Scripted();
    before(async () => {
      scripted.browser = await launch();
    });
    after(() => scripted.browser.close());
    beforeEach(async () => {
      scripted.server = await ScriptedServer.start();
    });
    afterEach(() => scripted.#end());
    return scripted;
  }

  /** Opens the server's page. */
  async page({ path = '', ...options } = {}) {
    const chat = await ChatPage.open(this.browser, `${this.server.url}${path}`, options);
    this.#pages.push(chat);
    return chat;
  }

  async #end() {
    const pages = this.#pages.splice(0);
    for (const page of pages.toReversed()) await page.close();
    await this.server.end();
    for (const page of pages) assert.deepEqual(page.faults, []);
  }
}

/** Waits until the server was asked for this, so often; returns what came with the last one. */
export async function askedFor(server, ask, times = 1) {
  const end = Date.now() + 20_000;
  for (;;) {
    const all = server.asked.filter((it) => it.ask === ask);
    if (all.length >= times) return all.at(-1).fields;
    if (Date.now() > end) throw new Error(`the server got ${server.asked.map((it) => it.ask).join(', ')}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
