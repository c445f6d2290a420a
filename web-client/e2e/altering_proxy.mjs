// A proxy that treats WebSockets as bad proxies, virus scanners and firewalls do. Pages pass unchanged.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const HEADERS_END = '\r\n\r\n';

export class AlteringProxy {
  #listener;
  #open = new Set();

  /** Starts a proxy to the server on this port, with faults:
   *
   *  - `eatsUpgrade`: handshakes get through without the headers that make them handshakes.
   *  - `swallows`: handshakes get no answer.
   *  - `health`: the bytes that answer a request for `/healthz`, instead of the server's.
   *  - `endsHealth`: the connection ends behind them, and does not stay open.
   *  - `endsBehind`: it cuts a connection at the client's message behind so many.
   *  - `cutsAbove`: it cuts a connection at a client's message of more bytes.
   *  - `holdsBehind`: behind so many messages of a client, it passes on what the server sends only
   *    when the client's next message comes. */
  static async start({ port, ...faults }) {
    const proxy = new AlteringProxy();
    proxy.#listener = createServer((near) => proxy.#accept(near, port, faults));
    proxy.#listener.listen(0, 'localhost');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** The page's address through this proxy. */
  get url() {
    return `http://localhost:${this.#listener.address().port}/`;
  }

  async end() {
    for (const socket of this.#open) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #accept(near, port, faults) {
    this.#open.add(near);
    near.on('close', () => this.#open.delete(near));
    near.on('error', () => {});
    let head = '';
    const read = (bytes) => {
      head += bytes.toString('latin1');
      if (!head.includes(HEADERS_END)) return;
      near.off('data', read);
      if (faults.health && head.startsWith('GET /healthz ')) {
        near.write(faults.health);
        if (faults.endsHealth) near.end();
        return;
      }
      const isHandshake = /^upgrade: websocket/im.test(head);
      if (isHandshake && faults.swallows) return;
      // Each request needs a connection of its own, so that the one for its health is seen.
      if (faults.health && !isHandshake) head = head.replace(/^connection: .*$/im, 'Connection: close');
      const far = connect(port, 'localhost');
      far.on('error', () => near.destroy());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      if (isHandshake && faults.eatsUpgrade) head = head.replace(/^upgrade: websocket\r\n/im, '').replace(/^connection: .*$/im, 'Connection: close');
      far.write(head, 'latin1');
      if (isHandshake) {
        carry(near, far, faults);
      } else {
        far.pipe(near);
        near.pipe(far);
      }
    };
    near.on('data', read);
  }
}

/** Carries a WebSocket with these faults. A client that waits for each answer sends each message in a
 *  piece of its own. */
function carry(near, far, { endsBehind = Infinity, cutsAbove = Infinity, holdsBehind = Infinity }) {
  let messages = 0;
  const held = [];
  far.on('data', (bytes) => {
    if (messages > holdsBehind) held.push(bytes);
    else near.write(bytes);
  });
  near.on('data', (bytes) => {
    messages += 1;
    if (messages > endsBehind || lengthOf(bytes) > cutsAbove) {
      near.destroy();
      return;
    }
    for (const waiting of held.splice(0)) near.write(waiting);
    far.write(bytes);
  });
}

/** The length that a frame's head tells (RFC 6455 section 5.2). */
function lengthOf(frame) {
  const short = frame[1] & 127;
  return short === 126 ? frame.readUInt16BE(2) : short;
}
