// Waiting for what other programs do: each wait ends with the event itself or,
// long after, with an error that says what never came.

import { PATIENCE } from './environment.mjs';

/** Things in their order of arrival, for those who wait for one of them. */
export class EventLog {
  #items = [];
  #waiting = new Set();

  /** Everything so far. */
  get all() {
    return [...this.#items];
  }

  /** Adds one and wakes whoever waits for it. */
  add(item) {
    this.#items.push(item);
    for (const check of [...this.#waiting]) check();
  }

  /** The first that fits, at or after position `from`, now or once it comes. */
  async first(fits, what, from = 0) {
    await this.until((items) => items.slice(from).some(fits), what);
    return this.#items.slice(from).find(fits);
  }

  /** Waits until the list of all fits. */
  until(fits, what) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!fits(this.#items)) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const last = JSON.stringify(this.#items.slice(-5)).slice(0, 2_000);
        reject(new Error(`waited ${PATIENCE} ms for ${what}; the last that came: ${last}`));
      }, PATIENCE);
      this.#waiting.add(check);
      check();
    });
  }
}

/** Calls `add` with each whole line of a stream. */
export function eachLine(stream, add) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(add);
  });
}
