// The line between a page and its server, which tests can cut: a proxy of TCP
// connections that reads nothing of what it carries.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Line {
  #listener;
  #pairs = new Set();
  #isCut = false;

  /** A line to the server on this port. */
  static async to(port) {
    const line = new Line();
    line.#listener = createServer((near) => line.#carry(near, port));
    line.#listener.listen(0, 'localhost');
    await once(line.#listener, 'listening');
    return line;
  }

  /** Where the server is at the other end. */
  get url() {
    return `http://localhost:${this.#listener.address().port}/`;
  }

  /** Cuts it: what is open breaks off, and nothing new gets through. */
  cut() {
    this.#isCut = true;
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
  }

  /** Mends it. */
  mend() {
    this.#isCut = false;
  }

  async end() {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #carry(near, port) {
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
