// The whole server at a glance.

import { Problem } from '../shared/api.js';
import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';
import { facts, table } from '../shared/table.js';
import { bar, lines } from './chart.js';
import { newest, samples } from './samples.js';
import { clientTable } from './clients.js';
import { endings, refusals, store, threads, webhooks } from './parts.js';
import { bytes, count, longTime, seconds, share } from './units.js';

/** How many rooms and clients are shown. */
const MOST = 10;

/** How often the server is asked whether it delivers, in milliseconds: that costs it a line. */
const CHECK_EVERY = 10_000;

/** The health of a server that does not say it. */
const UNKNOWN = { status: 'unknown' };

let checked = { time: -Infinity, health: null };

/** The state of the server that the user was told last; `null` before the first. */
let told = null;

export const overview = {
  name: 'overview',
  title: 'overview',

  load: async (page) => {
    const { api } = page;
    const hasWebhooks = samples.latest?.all('guildhall_webhook_lag_events').length;
    const [rooms, slow, refused, hooks, health] = await Promise.all([
      api.get('/busiest-rooms', { limit: MOST }),
      api.get('/clients', { limit: MOST }),
      api.get('/clients', { limit: MOST, order: 'refused' }),
      hasWebhooks ? api.get('/webhooks') : { webhooks: [] },
      readHealth(api),
    ].map(orProblem));
    return { rooms, slow, refused, hooks, health };
  },

  render: (page, { rooms, slow, refused, hooks, health }) => {
    const { t } = page;
    const clientsOf = (answer, fits, title, empty) => known(page, answer, ({ clients }) => (
      clientTable(page, clients.filter(fits), { caption: t(title), empty: t(empty) })
    ));
    return {
      content: [
        state(page, page.isCurrent ? health : UNKNOWN),
        h('section', { 'aria-labelledby': 'now', 'data-key': 'now' }, h('h2', { id: 'now', class: 'unseen' }, t('now')), h('ul', { class: 'tiles' }, tiles(page))),
        part(t('busiest-rooms'), 'rooms', known(page, rooms, (it) => roomTable(page, it.rooms))),
        part(t('slow-clients'), 'slow', clientsOf(slow, ({ queued }) => queued > 0, 'slow-clients', 'no-slow-clients')),
        part(t('by-protocol'), 'protocols', protocols(page)),
        part(t('refusals'), 'refusals', refusals(page)),
        part(t('refused-clients'), 'refused', clientsOf(refused, (it) => it.refused > 0, 'refused-clients', 'no-refused-clients')),
        part(t('endings'), 'endings', endings(page)),
        part(t('threads'), 'threads', threads(page)),
        part(t('store'), 'store', store(page)),
        part(t('feed'), 'feed', known(page, hooks, (it) => webhooks(page, it.webhooks))),
      ],
    };
  },
};

/** An answer, or the problem that it has: what one part does not know does not hide the others. */
async function orProblem(answer) {
  try {
    return await answer;
  } catch (error) {
    // Without a key there is nothing to show.
    if (!(error instanceof Problem) || error.code === 'unauthorized') throw error;
    return error;
  }
}

/** What an answer shows, or why it is not known. */
function known(page, answer, content) {
  if (!(answer instanceof Problem)) return content(answer);
  return h('p', { class: 'problem' }, page.t('not-known', { problem: answer.words(page.localizer) }));
}

async function readHealth(api) {
  if (performance.now() - checked.time > CHECK_EVERY) {
    checked = { time: performance.now(), health: await api.health() };
  }
  return checked.health;
}

function part(title, id, content) {
  return h('section', { 'aria-labelledby': id, 'data-key': id }, h('h2', { id }, title), content);
}

/** Whether the server is well, and which one it is. */
function state(page, health) {
  const { t, localizer } = page;
  const { latest } = samples;
  const { status, checks = [] } = health instanceof Problem ? UNKNOWN : health;
  const kind = { ready: 'state', unknown: 'state unsure' }[status] ?? 'state ill';
  const failed = checks.filter(({ ok }) => !ok);
  const { version } = latest.all('guildhall_build_info')[0].labels;
  const start = latest.sum('process_start_time_seconds');
  const problem = ({ name, problem }) => `${localizer.word('check', name)}: ${problem ?? t('failed')}`;
  const problems = failed.map(problem);
  const verdict = t(localizer.has(`state-${status}`) ? `state-${status}` : 'state-ill');
  if (page.isCurrent && status !== told) {
    // Whoever does not see the page hears of a change.
    if (told !== null) page.tell([verdict, ...problems].join('. '));
    told = status;
  }
  return h('div', { class: kind, 'data-key': 'state' },
    h('p', { class: 'verdict' }, verdict),
    problems.length > 0 && h('ul', {}, problems.map((it) => h('li', {}, it))),
    h('p', { class: 'aside' },
      t('about-server', { version, time: longTime(localizer, Date.now() / 1000 - start) }), ' ',
      t('goes-back', { time: longTime(localizer, samples.span) })),
  );
}

/** The most important numbers, each with its last minutes. */
function tiles(page) {
  const { t, localizer } = page;
  const { latest } = samples;
  const whole = (value) => count(localizer, value);
  const at = (name, labels) => latest.sum(name, labels) ?? 0;
  const values = (name, labels) => samples.values((metrics) => metrics.sum(name, labels));
  const fanOut = (share) => samples.quantiles('guildhall_fan_out_seconds', share);
  const [p50, p99] = [fanOut(0.5), fanOut(0.99)];
  const times = (share) => orDash(localizer, samples.quantile('guildhall_fan_out_seconds', share), seconds);
  return [
    tile(page, 'clients', [values('guildhall_clients_connected')], {
      value: whole(at('guildhall_clients_connected')),
      more: t('of-most', { most: at('guildhall_clients_max') }),
      words: whole,
    }),
    tile(page, 'users', [values('guildhall_sessions', { state: 'here' })], {
      value: whole(at('guildhall_sessions', { state: 'here' })),
      more: t('and-away', { away: at('guildhall_sessions', { state: 'away' }) }),
      words: whole,
    }),
    tile(page, 'rooms', [values('guildhall_rooms', { state: 'members' })], {
      value: whole(at('guildhall_rooms', { state: 'members' })),
      more: t('and-empty', { empty: at('guildhall_rooms', { state: 'empty' }) }),
      words: whole,
    }),
    rate(page, 'lines-in', 'guildhall_lines_total'),
    rate(page, 'lines-out', 'guildhall_line_deliveries_total'),
    tile(page, 'fan-out', [p99, p50], {
      value: times(0.99),
      more: t('fan-out-more', { p50: times(0.5) }),
      words: (value) => seconds(localizer, value),
    }),
    tile(page, 'queued', [values('guildhall_queued_bytes')], {
      value: bytes(localizer, at('guildhall_queued_bytes')),
      more: t('queued-more', { count: at('guildhall_clients_behind') }),
      words: (value) => bytes(localizer, value),
    }),
    rate(page, 'refused', 'guildhall_errors_total'),
    busiest(page),
    latest.sum('process_resident_memory_bytes') !== null && tile(page, 'memory', [values('process_resident_memory_bytes')], {
      value: bytes(localizer, at('process_resident_memory_bytes')),
      words: (value) => bytes(localizer, value),
    }),
  ];
}

/** How busy the busiest network thread is. */
function busiest(page) {
  const { t, localizer } = page;
  const name = 'guildhall_thread_cpu_seconds_total';
  const threads = samples.latest.all(name).map(({ labels }) => labels.thread).filter((it) => it.startsWith('network-'));
  if (threads.length === 0) return null;
  const all = threads.map((thread) => samples.rates(name, { thread }));
  const most = all[0].map(({ time }, at) => {
    const values = all.map((series) => series[at].value).filter((it) => it !== null);
    return { time, value: values.length ? Math.max(...values) : null };
  });
  return tile(page, 'busy', [most], {
    value: orDash(localizer, newest(most), share),
    more: t('of-threads', { count: threads.length }),
    words: (value) => share(localizer, value),
  });
}

/** A counter, by the second. */
function rate(page, name, metric) {
  const words = (value) => count(page.localizer, value);
  const series = samples.rates(metric);
  const total = samples.latest.sum(metric) ?? 0;
  return tile(page, name, [series], {
    value: orDash(page.localizer, newest(series), (_, value) => words(value)),
    more: page.t('since-start', { total: words(total) }),
    words,
  });
}

function tile(page, name, series, { value, more, words }) {
  const { t } = page;
  const most = Math.max(...series.flat().map((it) => it.value ?? 0), 0);
  const label = t('chart', { name: t(`tile-${name}`), value, most: words(most) });
  return h('li', { class: 'tile', 'data-key': `tile-${name}`, 'data-tile': name },
    h('h3', {}, t(`tile-${name}`)),
    h('p', { class: 'value' }, value),
    h('p', { class: 'aside' }, more ?? '\u00a0'),
    lines(label, ...series),
    h('p', { class: 'scale' }, t('most', { most: words(most) })),
  );
}

/** A value in words, or a dash as long as it is not known. */
function orDash(localizer, value, words) {
  return value === null ? '–' : words(localizer, value);
}

function roomTable(page, rows) {
  const { t, localizer } = page;
  const most = Math.max(...rows.map(({ minute }) => minute), 1);
  return table({
    caption: t('busiest-rooms'),
    isTitled: true,
    empty: t('no-rooms'),
    rows,
    key: ({ room }) => room,
    columns: [
      { title: t('room'), head: true, cell: ({ room }) => h('a', { href: to(['clients'], { room }) }, h('bdi', {}, room)) },
      { title: t('members'), cell: ({ members }) => localizer.number(members) },
      {
        title: t('last-minute'),
        cell: ({ minute }) => h('span', { class: 'measured' }, h('span', {}, localizer.number(minute)), bar(minute / most)),
      },
      { title: t('all-lines'), cell: ({ last }) => localizer.number(last) },
    ],
  });
}

function protocols(page) {
  const { t, localizer } = page;
  const protocol = (name) => {
    const of = (state) => localizer.number(samples.latest.sum('guildhall_clients', { protocol: name, state }) ?? 0);
    const opened = samples.growth('guildhall_clients_opened_total', { protocol: name });
    return { name, hello: of('hello'), open: of('open'), closing: of('closing'), opened };
  };
  return [
    table({
      caption: t('by-protocol'),
      isTitled: true,
      rows: ['v1', 'tutorial'].map(protocol),
      key: ({ name }) => name,
      columns: [
        { title: t('protocol'), head: true, cell: ({ name }) => localizer.word('protocol', name) },
        ...['hello', 'open', 'closing'].map((state) => ({ title: t(`state-of-${state}`), cell: (row) => row[state] })),
        { title: t('opened-lately'), cell: ({ opened }) => localizer.number(opened.lately) },
      ],
    }),
    facts([
      [t('sockets'), localizer.number(samples.latest.sum('guildhall_sockets') ?? 0)],
      [t('resumed'), localizer.number(samples.growth('guildhall_sessions_begun_total', { kind: 'resumed' }).total)],
      [t('gaps'), localizer.number(samples.growth('guildhall_joins_total', { kind: 'gap' }).total)],
    ]),
  ];
}
