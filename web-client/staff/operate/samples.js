// The numbers of the last minutes, and what follows from two of them: rates, and times of a
// histogram.

import { quantile } from './metrics.js';

/** For how long numbers are kept, in milliseconds. */
const KEPT = 300_000;

/** Numbers that are further apart than this are not connected: nobody has looked meanwhile. */
const GAP = 15_000;

class Samples {
  #all = [];

  /** Adds the numbers of a moment, by a clock in milliseconds that never goes back. */
  add(metrics, time) {
    const start = 'process_start_time_seconds';
    // A server that has started anew counts from 0.
    if (this.latest && this.latest.sum(start) !== metrics.sum(start)) this.clear();
    this.#all.push({ metrics, time });
    while (this.#all[0].time < time - KEPT) this.#all.shift();
  }

  clear() {
    this.#all = [];
  }

  /** The newest numbers; `undefined` before the first. */
  get latest() {
    return this.#all.at(-1)?.metrics;
  }

  /** How far they go back, in seconds. */
  get span() {
    return this.#all.length ? (this.#all.at(-1).time - this.#all[0].time) / 1000 : 0;
  }

  /** How much a counter has grown in the time that is kept, and since the server has started. */
  growth(name, labels) {
    const now = this.latest?.sum(name, labels) ?? 0;
    return { lately: now - (this.#all[0]?.metrics.sum(name, labels) ?? 0), total: now };
  }

  /** The results of `value(metrics)` at each moment. */
  values(value) {
    return this.#all.flatMap(({ metrics, time }, at) => {
      const isGap = at > 0 && time - this.#all[at - 1].time > GAP;
      const point = { time, value: value(metrics) };
      return isGap ? [{ time, value: null }, point] : [point];
    });
  }

  /** The results of `value(before, after, seconds)` for each two moments that follow one another. */
  #pairs(value) {
    return this.#all.slice(1).map(({ metrics, time }, at) => {
      const before = this.#all[at];
      const isGap = time - before.time > GAP;
      return { time, value: isGap ? null : value(before.metrics, metrics, (time - before.time) / 1000) };
    });
  }

  /** By how much a counter has grown in a second. */
  rates(name, labels) {
    const rate = (before, after, seconds) => {
      const [from, to] = [before.sum(name, labels), after.sum(name, labels)];
      return from === null || to === null || seconds <= 0 ? null : (to - from) / seconds;
    };
    return this.#pairs(rate);
  }

  /** The time below which the part `share` of a histogram is, at each moment. */
  quantiles(name, share) {
    return this.#pairs((before, after) => quantile(share, before.buckets(name), after.buckets(name)));
  }

  /** The same of all that is kept. */
  quantile(name, share) {
    const [first, last] = [this.#all[0], this.#all.at(-1)];
    return first && first !== last ? quantile(share, first.metrics.buckets(name), last.metrics.buckets(name)) : null;
  }
}

export const samples = new Samples();

/** The newest value of a series that is known. */
export function newest(series) {
  return series.at(-1)?.value ?? null;
}
