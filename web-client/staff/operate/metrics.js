// The server's metrics, as Prometheus reads them at `/metrics`: the page has no other source of
// numbers. docs/monitoring.md says what each means.

/** The numbers of one moment. */
export class Metrics {
  #families = new Map();

  /** Reads OpenMetrics text. */
  constructor(text) {
    for (const line of text.split('\n')) {
      if (!line || line.startsWith('#')) continue;
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
      if (!name) continue;
      const samples = this.#families.get(name) ?? [];
      samples.push({ labels: labelsOf(labels), value: Number(value) });
      this.#families.set(name, samples);
    }
  }

  /** All samples of a metric: each has its labels and its value. */
  all(name) {
    return this.#families.get(name) ?? [];
  }

  /** The sum of the samples that have these labels; `null` if there is none. */
  sum(name, labels = {}) {
    const fits = ({ labels: has }) => Object.entries(labels).every(([key, value]) => has[key] === value);
    const found = this.all(name).filter(fits);
    return found.length ? found.reduce((sum, { value }) => sum + value, 0) : null;
  }

  /** The counts of a histogram by the upper ends of its parts, each with all below it. */
  buckets(name) {
    return this.all(`${name}_bucket`).map(({ labels, value }) => [labels.le === '+Inf' ? Infinity : Number(labels.le), value]);
  }
}

function labelsOf(text) {
  const pairs = text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name, value.replace(/\\(.)/g, (_, it) => (it === 'n' ? '\n' : it))]));
}

/** The value below which the part `share` of what a histogram has counted between two moments is;
 *  `null` if nothing was counted. It is as exact as the histogram. */
export function quantile(share, before, after) {
  const counted = after.map(([end, count], at) => [end, count - (before[at]?.[1] ?? 0)]);
  const all = counted.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  const at = counted.findIndex(([, count]) => count >= share * all);
  const [start, below] = at > 0 ? counted[at - 1] : [0, 0];
  const [end, count] = counted[at];
  if (end === Infinity) return start;
  return start + ((end - start) * (share * all - below)) / (count - below);
}
