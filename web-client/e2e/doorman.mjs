// Stands at the server's door and deals with handshakes: it cuts those that offer
// a subprotocol off, or hides the offer, so that the server behind looks like one
// of another kind. Everything else passes.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const HEADER = /^sec-websocket-protocol:.*\r\n/im;
const HEADERS_END = '\r\n\r\n';

export class Doorman {
  /** How many handshakes offered a subprotocol, and how many did not. */
  offers = 0;
  plain = 0;
  #listener;
  #open = new Set();

  /** In front of the server on this port. `cuts`: how many of the first offers
   *  are cut off; `hides`: whether the others are hidden from the server. */
  static async start({ port, cuts = 0, hides = false }) {
    const doorman = new Doorman();
    doorman.#listener = createServer((near) => doorman.#greet(near, { port, cuts, hides }));
    doorman.#listener.listen(0, 'localhost');
    await once(doorman.#listener, 'listening');
    return doorman;
  }

  /** Where the page is, behind the door. */
  get url() {
    return `http://localhost:${this.#listener.address().port}/`;
  }

  /** Where the chat is, behind the door. */
  get chat() {
    return `ws://localhost:${this.#listener.address().port}/ws`;
  }

  async end() {
    for (const socket of this.#open) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #greet(near, { port, cuts, hides }) {
    this.#open.add(near);
    near.on('close', () => this.#open.delete(near));
    near.on('error', () => {});
    let head = '';
    const read = (bytes) => {
      head += bytes.toString('latin1');
      if (!head.includes(HEADERS_END)) return;
      near.off('data', read);
      const offers = HEADER.test(head);
      if (offers) this.offers += 1;
      else if (/^upgrade: websocket/im.test(head)) this.plain += 1;
      if (offers && this.offers <= cuts) {
        near.destroy();
        return;
      }
      const far = connect(port, 'localhost');
      far.on('error', () => near.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      far.write(hides ? head.replace(HEADER, '') : head, 'latin1');
      far.pipe(near);
      near.pipe(far);
    };
    near.on('data', read);
  }
}
