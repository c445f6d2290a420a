// What every test file starts from: a browser, and a server for each test.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';

import { CutProxy } from './cut_proxy.mjs';
import { ChatPage, launch } from './page.mjs';
import { Server } from './server.mjs';
import { TutorialClients } from './tutorial.mjs';

/** Gives each test its own server, and the pages and clients that it asks for. */
export class Fixture {
  server;
  browser;
  #servers = [];
  #pages = [];
  #proxies = [];
  #tutorial = null;

  /** Registers the hooks of a test file. */
  static forEachTest() {
    const fixture = new Fixture();
    before(async () => {
      fixture.browser = await launch();
    });
    after(() => fixture.browser.close());
    beforeEach(async () => {
      fixture.server = await fixture.anotherServer();
    });
    afterEach((context) => fixture.#end(context));
    return fixture;
  }

  /** Starts one more server. */
  async anotherServer(options) {
    const server = await Server.start(options);
    this.#servers.push(server);
    return server;
  }

  /** Opens a page, by default this server's. */
  async page({ url = this.server.url, ...options } = {}) {
    const page = await ChatPage.open(this.browser, url, options);
    this.#pages.push(page);
    return page;
  }

  /** Starts a proxy whose connections can be cut: open a page at its `url`. */
  async cutProxy() {
    const proxy = await CutProxy.to(this.server.port);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** Connects a client of the tutorial. */
  async tutorialClient(name = 'tutorial client', server = this.server) {
    this.#tutorial ??= new TutorialClients();
    return this.#tutorial.connect(name, server.chat);
  }

  async #end(context) {
    const pages = this.#pages.splice(0);
    const tutorial = this.#tutorial;
    this.#tutorial = null;
    // The last first: it may be another tab of an earlier one.
    for (const page of pages.toReversed()) await page.close();
    await tutorial?.end();
    for (const proxy of this.#proxies.splice(0)) await proxy.end();
    for (const server of this.#servers.splice(0)) {
      await server.kill();
      context.diagnostic(`the server's log:\n${server.log.all.join('\n')}`);
    }
    // No page may have failed in any way, whatever its test was about.
    for (const page of pages) assert.deepEqual(page.faults, []);
  }
}
