// A client of the chat that a step can wait for. It is the same that games use, but it does not
// connect again: a lost connection is what the steps look for.

import { end, failed, Failure, within } from './finding.js';

/** Close codes of the server that say something about the user or the server, and not about the way. */
const TOLD = {
  1001: 'closed-restarting', 3003: 'closed-flooded', 3500: 'closed-replaced', 3502: 'closed-not-let-in', 3503: 'closed-banned', 3504: 'closed-kicked',
};

/** The server lets nobody in without a token of the game. */
const NEEDS_TOKEN = 3501;

/** The code that a browser gives if the connection has ended without the server's word. */
const NO_CLOSE_FRAME = 1006;

export class Link {
  #client;
  /** The part of the way: the texts about a connection that ends or is silent begin so. */
  step = 'hello';
  #waiting = new Set();
  #lost = null;
  #hasToken = false;

  /** Connects to the server, and says hello. */
  static async open({ program, patience, token }, address) {
    const link = new Link();
    link.#hasToken = token !== '';
    link.#client = new program.ChatClient(address, link.#hasToken ? { token } : {});
    link.#client.onevent = (event) => link.#heard(event);
    link.#client.connect();
    const welcomed = link.until(({ type, request }) => type === 'welcomed' || (type === 'refused' && request === 'hello'));
    const event = await link.inTime(patience, welcomed);
    if (event.type === 'refused') throw new Failure(link.refused(event.failure));
    return link;
  }

  get name() {
    return this.#client.name;
  }

  /** The settings of a room that was joined. */
  settings(room) {
    return this.#client.rooms.find(({ name }) => name === room).settings;
  }

  /** Calls the client, unless the connection has ended. */
  ask(call) {
    if (this.#lost) throw this.#lost;
    return call(this.#client);
  }

  /** Waits for an event that fits, from now on. */
  until(fits) {
    if (this.#lost) return Promise.reject(this.#lost);
    const waits = new Promise((resolve, reject) => this.#waiting.add({ fits, resolve, reject }));
    // A step that is over waits for it no more.
    waits.catch(() => {});
    return waits;
  }

  /** The promise's value, if it comes in time. */
  async inTime(patience, promise) {
    try {
      return await within(patience, promise, failed(`${this.step}-silent`, { seconds: patience / 1000 }));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The finding of a request that the server has refused. */
  refused(failure) {
    if (failure.code === 'banned') return failed('closed-banned');
    if (failure.code === 'bad-token') return this.#needsToken(failure.arguments[0]);
    return end(failure.temporary ? 'refused-now' : 'refused', { code: failure.code });
  }

  /** The finding of a server that takes no guest, or not this token. */
  #needsToken(problem) {
    return this.#hasToken ? end('hello-token-bad', { problem }) : end('hello-token');
  }

  /** Ends the connection. */
  close() {
    this.#client.onevent = null;
    this.#client.close();
  }

  #heard(event) {
    if (event.type === 'state') this.#state(event.state);
    for (const waiting of this.#waiting) {
      if (!waiting.fits(event)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(event);
    }
  }

  #state({ kind, code, reason }) {
    if (kind !== 'waiting' && kind !== 'closed') return;
    this.#lost = new Failure(this.#ended(code, reason));
    for (const { reject } of this.#waiting) reject(this.#lost);
    this.#waiting.clear();
    this.close();
  }

  #ended(code, reason) {
    if (code === NEEDS_TOKEN) return this.#needsToken(reason);
    if (code in TOLD) return failed(TOLD[code]);
    const key = `${this.step}-closed`;
    return code === NO_CLOSE_FRAME || !reason ? failed(key, { code }) : failed(`${this.step}-closed-why`, { code, reason });
  }
}
