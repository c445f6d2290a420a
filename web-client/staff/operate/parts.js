// The parts of the overview about what is refused and closed, threads, the store, and the events for
// the game.

import { h } from '../shared/dom.js';
import { facts, table } from '../shared/table.js';
import { bar, lines } from './chart.js';
import { newest, samples } from './samples.js';
import { bytes, count, longTime, seconds, share } from './units.js';

/** The refusals, by the metric and its label. */
const REFUSALS = [
  ['guildhall_handshakes_refused_total', 'reason', 'handshake'],
  ['guildhall_connections_dropped_total', 'reason', 'dropped'],
  ['guildhall_errors_total', 'code', 'error'],
  ['guildhall_rate_limited_total', 'limit', 'limit'],
];

/** The rows of counters, those that have counted something, with most in front. */
function counted(metric, rowOf) {
  const rows = samples.latest.all(metric).map(({ labels }) => ({ ...rowOf(labels), ...samples.growth(metric, labels) }));
  return rows.filter(({ total }) => total > 0).sort((one, other) => other.lately - one.lately || other.total - one.total);
}

function countColumns({ t, localizer }) {
  return [
    { title: t('lately'), cell: ({ lately }) => localizer.number(lately) },
    { title: t('in-all'), cell: ({ total }) => localizer.number(total) },
  ];
}

/** The refused requests and connections, and why. */
export function refusals(page) {
  const { t, localizer } = page;
  const rows = REFUSALS.flatMap(([metric, label, kind]) => counted(metric, (labels) => ({ kind, reason: labels[label] })));
  const words = ({ kind, reason }) => {
    const key = `${kind}-${reason}`;
    return localizer.has(key) ? t(key) : h('code', {}, reason);
  };
  return table({
    caption: t('refusals'),
    isTitled: true,
    empty: t('no-refusals'),
    rows,
    key: ({ kind, reason }) => `${kind}-${reason}`,
    columns: [
      { title: t('why'), head: true, cell: words },
      { title: t('what'), cell: ({ kind }) => localizer.word('refused', kind) },
      ...countColumns(page),
    ],
  });
}

/** How connections have ended. */
export function endings(page) {
  const { t, localizer } = page;
  return table({
    caption: t('endings'),
    isTitled: true,
    empty: t('no-endings'),
    rows: counted('guildhall_clients_closed_total', ({ by, code }) => ({ by, code })),
    key: ({ by, code }) => `${by}-${code}`,
    columns: [
      {
        title: t('close-code'), head: true,
        cell: ({ code }) => (localizer.has(`close-${code}`) ? `${/\d/.test(code) ? `${code}: ` : ''}${t(`close-${code}`)}` : code),
      },
      { title: t('closed-by'), cell: ({ by }) => localizer.word('by', by) },
      ...countColumns(page),
    ],
  });
}

/** How busy each thread is. */
export function threads(page) {
  const { t, localizer } = page;
  const { latest } = samples;
  const isNetwork = (name) => name.startsWith('network-');
  const names = latest.all('guildhall_thread_cpu_seconds_total').map(({ labels }) => labels.thread)
    .sort((one, other) => isNetwork(other) - isNetwork(one));
  const thread = (name) => {
    const of = (metric) => samples.rates(metric, { thread: name });
    const busy = of('guildhall_thread_cpu_seconds_total');
    const messages = latest.sum('guildhall_mailbox_messages', { thread: name });
    return { name, busy, waits: newest(of('guildhall_thread_wait_seconds_total')), looks: newest(of('guildhall_network_looks_total')), messages };
  };
  const percent = (value) => (value === null ? '–' : share(localizer, value));
  return table({
    caption: t('threads'),
    isTitled: true,
    empty: t('no-threads'),
    rows: names.map(thread),
    key: ({ name }) => name,
    columns: [
      { title: t('thread'), head: true, cell: ({ name }) => h('code', {}, name) },
      {
        title: t('busy'),
        cell: ({ busy }) => h('span', { class: 'measured' }, h('span', {}, percent(newest(busy))), bar(newest(busy) ?? 0, 0.9)),
      },
      { title: t('waits'), cell: ({ waits }) => percent(waits) },
      { title: t('looks'), cell: ({ looks }) => (looks === null ? null : count(localizer, looks)) },
      { title: t('mailbox'), cell: ({ messages }) => (messages === null ? null : localizer.number(messages)) },
    ],
  });
}

/** How fast the store keeps what is said. */
export function store(page) {
  const { t, localizer } = page;
  const { latest } = samples;
  if (latest.sum('guildhall_store_waiting') === null) return h('p', { class: 'empty' }, t('no-store'));
  const commit = 'guildhall_store_commit_seconds';
  const time = (value) => (value === null ? '–' : seconds(localizer, value));
  const lag = latest.sum('guildhall_store_lag_seconds') ?? 0;
  const p99 = samples.quantiles(commit, 0.99);
  const rate = newest(samples.rates('guildhall_store_entries_total'));
  const failed = samples.growth('guildhall_store_commits_failed_total');
  const most = Math.max(...p99.map(({ value }) => value ?? 0), 0);
  return [
    facts([
      [t('commit-p99'), time(samples.quantile(commit, 0.99))],
      [t('commit-p50'), time(samples.quantile(commit, 0.5))],
      [t('store-lag'), time(lag)],
      [t('store-waiting'), t('store-waiting-of', { count: latest.sum('guildhall_store_waiting'), bytes: bytes(localizer, latest.sum('guildhall_store_waiting_bytes') ?? 0) })],
      [t('store-entries'), rate === null ? '–' : count(localizer, rate)],
      [t('commits-failed'), h('span', { class: failed.lately > 0 ? 'problem' : null }, localizer.number(failed.total))],
    ]),
    h('div', { class: 'tile wide', 'data-tile': 'store' },
      lines(t('chart', { name: t('commit-p99'), value: time(newest(p99)), most: time(most) }), p99),
      h('p', { class: 'scale' }, t('most', { most: time(most) }))),
  ];
}

/** The feed of events, and how far the receivers of webhooks are. */
export function webhooks(page, hooks) {
  const { t, localizer } = page;
  const { latest } = samples;
  const newestEvent = latest.sum('guildhall_events_total');
  if (newestEvent === null) return h('p', { class: 'empty' }, t('no-feed'));
  const of = (number) => (name) => latest.sum(`guildhall_webhook_${name}`, { webhook: String(number) });
  const state = (failing, disabled) => {
    if (disabled) return h('span', { class: 'problem' }, t('webhook-disabled'));
    return failing > 0 ? h('span', { class: 'problem' }, t('webhook-failing', { time: longTime(localizer, failing) })) : t('webhook-well');
  };
  return [
    facts([[t('newest-event'), localizer.number(newestEvent)]]),
    hooks.length > 0 && table({
      caption: t('webhooks'),
      rows: hooks.map((hook, at) => ({ ...hook, at, of: of(at + 1) })),
      key: ({ at }) => at,
      columns: [
        { title: t('address'), head: true, cell: ({ url }) => h('bdi', {}, url) },
        { title: t('webhook-lag'), cell: ({ of }) => localizer.number(of('lag_events') ?? 0) },
        { title: t('state'), cell: ({ of }) => state(of('failing_seconds'), of('disabled')) },
        { title: t('problem'), cell: ({ problem }) => problem && h('bdi', {}, problem) },
      ],
    }),
  ];
}
