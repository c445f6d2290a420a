// The clients that are connected, and one of them.

import { Problem, part } from '../shared/api.js';
import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';
import { facts, table } from '../shared/table.js';
import { bar } from './chart.js';
import { bytes, share } from './units.js';

/** How many clients a page of the list has. */
const PAGE = 50;

/** What a user can be looked for by. */
const KEYS = ['name', 'id', 'account'];

/** Problems that lie in what is looked for, and not in the server: they stand beside the form. */
const OF_SEARCH = ['bad_request', 'no_such_user'];

/** The search that the server has not accepted, by its place. It is not asked again. */
let unfit = {};

export const clients = {
  name: 'clients',
  title: 'clients',

  load: async (page, { parts: [, id], query, hash }) => {
    if (id) return readOne(page, id);
    if (unfit.hash === hash) return { problem: unfit.problem, count: 0, clients: [] };
    try {
      return await search(page, Object.fromEntries(['address', 'user', 'by', 'room'].map((name) => [name, query.get(name)])));
    } catch (problem) {
      if (!(problem instanceof Problem) || !OF_SEARCH.includes(problem.code)) throw problem;
      // Somebody with this name may come, but what is not accepted never is.
      if (problem.code === 'bad_request') unfit = { hash, problem };
      return { problem, count: 0, clients: [] };
    }
  },

  render: (page, data, { parts: [, id], query }) => (id ? one(page, data, id) : list(page, data, query)),
};

/** The clients that are looked for. A user is looked for by its name, number and account, unless it is
 *  said which. */
async function search(page, { user, by, ...given }) {
  const read = (more) => page.api.get('/clients', { ...given, ...more, limit: Math.min(PAGE * page.pages, 1000) });
  if (!user) return read({});
  if (KEYS.includes(by)) return read({ user, by });
  const isNumber = /^[1-9]\d{0,15}$/.test(user);
  for (const one of ['name', ...(isNumber ? ['id'] : [])]) {
    try {
      return await read({ user, by: one });
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== 'no_such_user') throw problem;
    }
  }
  return read({ user, by: 'account' });
}

/** All that is known of a client; `null` if it is gone. */
function readOne(page, id) {
  return page.api.get(`/clients/${part(id)}`).catch((error) => {
    if (error instanceof Problem && error.code === 'no_such_client') return null;
    throw error;
  });
}

/** A table of clients. */
export function clientTable(page, rows, { caption, empty }) {
  const { t, localizer } = page;
  return table({
    caption,
    isTitled: true,
    empty,
    rows,
    key: ({ id }) => id,
    columns: [
      { title: t('client'), head: true, cell: ({ id }) => h('a', { href: to(['clients', String(id)]) }, t('client-number', { id: String(id) })) },
      { title: t('user'), cell: (client) => userOf(page, client) },
      { title: t('address'), cell: ({ address }) => h('bdi', {}, address) },
      { title: t('protocol'), cell: ({ protocol }) => localizer.word('protocol', protocol) },
      { title: t('state'), cell: ({ state }) => localizer.word('state-of', state) },
      { title: t('queue'), cell: (client) => queue(page, client) },
      { title: t('refused'), cell: ({ refused }) => localizer.number(refused) },
    ],
  });
}

function queue({ localizer }, { queued, most_queued: most }) {
  return h('span', { class: 'measured' }, h('span', {}, bytes(localizer, queued)), bar(most ? queued / most : 0, 0.5));
}

function userOf({ t }, { user }) {
  if (!user) return null;
  const { name, account } = user;
  return [h('bdi', {}, name), account ? h('span', { class: 'aside' }, ' ', h('bdi', {}, account)) : h('span', { class: 'aside' }, ` ${t('guest')}`)];
}

function list(page, { count, clients: rows, problem }, query) {
  const { t, localizer } = page;
  const by = ['any', ...KEYS];
  const fields = [
    field(localizer, { name: 'address', label: t('address'), value: query.get('address'), kind: 'search', maxlength: 64 }, 'clients'),
    field(localizer, { name: 'room', label: t('room'), value: query.get('room'), kind: 'search', maxlength: 64 }, 'clients'),
    field(localizer, { name: 'user', label: t('user'), value: query.get('user'), kind: 'search', maxlength: 128 }, 'clients'),
    field(localizer, { name: 'by', label: t('user-by'), value: query.get('by') ?? 'any', kind: 'select', options: by.map((it) => [it, t(`by-${it}`)]) }, 'clients'),
  ];
  const onsubmit = (event) => {
    event.preventDefault();
    const { address, room, user, by } = event.target.elements;
    const name = user.value.trim();
    page.go(['clients'], { address: address.value.trim(), room: room.value.trim(), user: name, by: name && by.value !== 'any' ? by.value : null });
  };
  return {
    content: [
      h('form', { class: 'filters', role: 'search', 'data-key': 'filter', onsubmit }, fields.map((it) => it.element), h('button', { type: 'submit' }, t('find'))),
      problem && h('p', { class: 'problem', role: 'alert', 'data-key': 'problem' }, problem.words(localizer)),
      !problem && h('p', { class: 'aside', 'data-key': 'count' }, t('clients-found', { count })),
      !problem && clientTable(page, rows, { caption: t('clients'), empty: t('no-clients') }),
      count > rows.length && page.more(),
    ],
  };
}

function one(page, data, number) {
  const { t, localizer } = page;
  if (!data) {
    return { title: t('client-number', { id: number }), content: [h('p', { class: 'empty' }, t('problem-no_such_client'))] };
  }
  const { client, rooms, refusals, closed } = data;
  const { id, address, proxy, protocol, state, connected, heard, queued, most_queued: most, user } = client;
  const name = user?.name ?? address;
  const close = () => page.ask({
    title: t('close-title', { id: String(id) }),
    text: t('close-text', { name }),
    submit: t('close-submit'),
    danger: true,
    done: t('closed', { id: String(id) }),
    run: () => page.api.delete(`/clients/${id}`),
  });
  const time = (millis) => h('time', { datetime: new Date(millis).toISOString(), title: localizer.time(millis) }, localizer.distance(millis));
  const roomLinks = rooms.flatMap((room, at) => [at ? ', ' : null, h('a', { href: to(['clients'], { room }) }, h('bdi', {}, room))]);
  return {
    title: t('client-number', { id: String(id) }),
    content: [
      facts([
        [t('user'), userOf(page, client)],
        [t('number'), user && String(user.id)],
        [t('address'), h('bdi', {}, address)],
        [t('proxy'), proxy && h('bdi', {}, proxy)],
        [t('protocol'), localizer.word('protocol', protocol)],
        [t('state'), localizer.word('state-of', state)],
        [t('connected'), time(connected)],
        [t('heard'), time(heard)],
        [t('queue'), [queue(page, client), h('span', { class: 'aside' }, t('queue-of', { share: share(localizer, most ? queued / most : 0), most: bytes(localizer, most) }))]],
        [t('rooms'), rooms.length ? roomLinks : t('in-no-room')],
        [t('closed-with'), closed && `${closed.code}: ${closed.reason}`],
      ]),
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'danger', onclick: close, disabled: state === 'closing' }, t('close')),
        h('a', { class: 'button', href: to(['clients'], { address: withoutPort(address) }) }, t('same-address'))),
      h('section', { 'aria-labelledby': 'refused' },
        h('h2', { id: 'refused' }, t('refused-requests')),
        table({
          caption: t('refused-requests'),
          isTitled: true,
          empty: t('nothing-refused'),
          rows: refusals,
          key: ({ code }) => code,
          columns: [
            { title: t('why'), head: true, cell: ({ code }) => (localizer.has(`error-${code}`) ? t(`error-${code}`) : h('code', {}, code)) },
            { title: t('how-often'), cell: ({ count }) => localizer.number(count) },
          ],
        })),
    ],
  };
}

/** The address of a client without its port, in the form in which it can be looked for. */
function withoutPort(address) {
  const [, v6] = /^\[(.*)\]:\d+$/.exec(address) ?? [];
  return v6 ?? (address.includes('.') ? address.replace(/:\d+$/, '') : address);
}
