// A proxy that interferes with WebSocket handshakes: it cuts handshakes that offer
// a subprotocol, or removes the offer, so that the server behind it looks as if it
// did not speak the subprotocol. Everything else passes unchanged.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const HEADER = /^sec-websocket-protocol:.*\r\n/im;
const HEADERS_END = '\r\n\r\n';

export class HandshakeProxy {
  /** How many handshakes offered a subprotocol (`offers`) or none (`plain`). */
  offers = 0;
  plain = 0;
  #listener;
  #open = new Set();

  /** Starts a proxy to the server on this port. It cuts the first `cuts`
   *  handshakes with an offer; with `hides` it removes the offer from the others. */
  static async start({ port, cuts = 0, hides = false }) {
    const proxy = new HandshakeProxy();
    proxy.#listener = createServer((near) => proxy.#accept(near, { port, cuts, hides }));
    proxy.#listener.listen(0, 'localhost');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** The page's address through this proxy. */
  get url() {
    return `http://localhost:${this.#listener.address().port}/`;
  }

  /** The chat's address through this proxy. */
  get chat() {
    return `ws://localhost:${this.#listener.address().port}/ws`;
  }

  async end() {
    for (const socket of this.#open) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(near, { port, cuts, hides }) {
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
