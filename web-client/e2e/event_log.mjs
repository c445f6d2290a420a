// Waiting for other programs: each wait ends with the event itself or, after a long
// time, with an error that says what did not happen.

import { PATIENCE } from './environment.mjs';

/** Events in the order in which they came. A test can wait for one of them. */
export class EventLog {
  #items = [];
  #waiting = new Set();

  /** Every event so far. */
  get all() {
    return [...this.#items];
  }

  /** Adds an event, and wakes those that wait for it. */
  add(item) {
    this.#items.push(item);
    for (const check of [...this.#waiting]) check();
  }

  /** Returns the first event at or after position `from` for which `fits` is true.
   *  Waits until there is one. */
  async first(fits, what, from = 0) {
    await this.until((items) => items.slice(from).some(fits), what);
    return this.#items.slice(from).find(fits);
  }

  /** Waits until `fits` is true for the list of all events. */
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
        const last = JSON.stringify(this.#items.slice(-5), (_, value) => (typeof value === 'bigint' ? `${value}` : value)).slice(0, 2_000);
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
