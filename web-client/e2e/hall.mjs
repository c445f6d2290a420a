// What every test file starts with: a browser and a server, and their end.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';

import { Line } from './line.mjs';
import { ChatPage, launch } from './page.mjs';
import { Server } from './server.mjs';
import { TutorialClients } from './tutorial.mjs';

/** For each test a server of its own, and pages and clients as it asks for them. */
export class Hall {
  server;
  browser;
  #servers = [];
  #pages = [];
  #lines = [];
  #tutorial = null;

  /** Sets the hooks of a test file up. */
  static forEachTest() {
    const hall = new Hall();
    before(async () => {
      hall.browser = await launch();
    });
    after(() => hall.browser.close());
    beforeEach(async () => {
      hall.server = await hall.anotherServer();
    });
    afterEach((context) => hall.#end(context));
    return hall;
  }

  /** Starts one more server. */
  async anotherServer(options) {
    const server = await Server.start(options);
    this.#servers.push(server);
    return server;
  }

  /** Opens a page, of this server unless another address is given. */
  async page({ url = this.server.url, ...options } = {}) {
    const page = await ChatPage.open(this.browser, url, options);
    this.#pages.push(page);
    return page;
  }

  /** A line to the server that can be cut: open a page at its `url`. */
  async line() {
    const line = await Line.to(this.server.port);
    this.#lines.push(line);
    return line;
  }

  /** Connects a client that speaks the tutorial's bytes. */
  async tutorialClient(name = 'tutorial client', server = this.server) {
    this.#tutorial ??= new TutorialClients();
    return this.#tutorial.connect(name, server.chat);
  }

  async #end(context) {
    const pages = this.#pages.splice(0);
    const tutorial = this.#tutorial;
    this.#tutorial = null;
    await Promise.all(pages.map((page) => page.close()));
    await tutorial?.end();
    for (const line of this.#lines.splice(0)) await line.end();
    for (const server of this.#servers.splice(0)) {
      await server.kill();
      context.diagnostic(`the server's log:\n${server.log.all.join('\n')}`);
    }
    // No page may have shown an error, whatever its test was about.
    for (const page of pages) assert.deepEqual(page.faults, []);
  }
}
