// A TCP proxy between a page and its server whose connections a test can cut.
// It forwards bytes and does not interpret them.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class CutProxy {
  #listener;
  #pairs = new Set();
  #isCut = false;

  /** Starts a proxy to the server on this port. */
  static async to(port) {
    const proxy = new CutProxy();
    proxy.#listener = createServer((near) => proxy.#forward(near, port));
    proxy.#listener.listen(0, 'localhost');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** The page's address through this proxy. */
  get url() {
    return `http://localhost:${this.#listener.address().port}/`;
  }

  /** Cuts every open connection, and refuses new ones until `restore`. */
  cut() {
    this.#isCut = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
  }

  /** Accepts connections again. */
  restore() {
    this.#isCut = false;
  }

  async end() {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #forward(near, port) {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(port, 'localhost');
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      from.pipe(to);
    }
  }
}
