// A user: where it is, what holds against it, the reports about it, and what was done.

import { Problem, part } from '../shared/api.js';
import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';
import { facts } from '../shared/table.js';
import { isEverywhere, purge, sanction, setRole } from './acts.js';
import { auditTable, readAudit, readPages, readSanctions, reportTable, sanctionTable } from './lists.js';
import { button, nameOf, roomLink } from './shown.js';

const KEYS = ['account', 'name', 'id'];

export const users = {
  name: 'users',
  title: 'users',

  load: async (page, { query }) => {
    const by = KEYS.find((it) => query.get(it));
    if (!by) return null;
    const key = query.get(by);
    const found = await orNone(page.api.get(`/users/${part(key)}`, { by }));
    const user = found ?? { account: by === 'account' ? key : undefined, id: by === 'id' ? Number(key) : undefined, name: by === 'name' ? key : '' };
    const about = user.account ? { account: user.account } : { user: user.id };
    const isKnown = user.account || user.id;
    const [sanctions, reports, audit] = await Promise.all([
      isKnown ? readSanctions(page, about) : { rows: [] },
      isKnown ? readReports(page, about) : { rows: [] },
      user.account && isEverywhere(page.me) ? orNone(readAudit(page, { account: user.account })) : null,
    ]);
    return { found, user, sanctions, reports, audit };
  },

  render: (page, data, { query }) => {
    const { t } = page;
    if (!data) return { content: [find(page, query)] };
    const { user } = data;
    return { title: `${t('user')} ${nameOf(page, user)}`, content: [...about(page, data), find(page, query)] };
  },
};

/** The newest reports about a user. */
function readReports(page, about) {
  return readPages(page, {
    read: (from) => page.api.get('/reports', { ...about, state: 'all', from, limit: 20 }),
    rows: (content) => content.reports,
    next: (content) => content.next,
  });
}

function orNone(promise) {
  return promise.catch((error) => {
    if (error instanceof Problem && error.code === 'no_such_user') return null;
    throw error;
  });
}

function about(page, { found, user, sanctions, reports, audit }) {
  const { t, me, localizer } = page;
  const rooms = found?.rooms.flatMap((it, at) => [at ? ', ' : null, roomLink(it)]);
  const roles = found?.roles.map(({ role, room }) => (room ? t('role-in', { role: t(`role-${role}`), room }) : t(`role-${role}`)));
  const lines = { room: found?.rooms.slice(0, 20).join(', '), name: user.account ?? user.name };
  // Only an admin gives roles; one of some rooms is told so by the server if it is none.
  const givesRoles = user.account && me.role !== 'moderator';
  return [
    !found && h('p', { class: 'empty' }, t('unknown-user')),
    facts([
      [t('account'), user.account ? h('bdi', {}, user.account) : t('guest')],
      [t('number'), user.id > 0 && String(user.id)],
      [t('online'), found && t(found.online ? 'yes' : 'no')],
      [t('clients'), found?.clients > 0 && localizer.number(found.clients)],
      [t('in-rooms'), rooms?.length > 0 && rooms],
      [t('role'), found && t(`role-${found.role}`)],
      [t('given-roles'), roles?.length > 0 && roles.join(', ')],
    ]),
    h('div', { class: 'buttons' },
      button(t('sanction'), () => sanction(page, { user }), 'primary'),
      button(t('purge'), () => purge(page, user)),
      givesRoles && button(t('set-role'), () => setRole(page, user)),
      h('a', { class: 'button', href: to(['search'], lines) }, t('user-lines')),
    ),
    sanctionTable(page, sanctions.rows, t('user-sanctions')),
    reportTable(page, reports.rows, t('user-reports')),
    audit && auditTable(page, audit.rows, t('user-audit')),
    (sanctions.more || reports.more || audit?.more) && page.more(),
  ];
}

function find(page, query) {
  const { t, localizer } = page;
  const by = KEYS.find((it) => query.get(it)) ?? 'name';
  const fields = [
    field(localizer, { name: 'by', label: t('user-ref'), kind: 'select', value: by, options: ['name', 'account', 'id'].map((it) => [it, t(`by-${it}`)]) }, 'users'),
    field(localizer, { name: 'user', label: t('the-user'), kind: 'search', required: true, maxlength: 128 }, 'users'),
  ];
  const onsubmit = (event) => {
    event.preventDefault();
    const { by, user } = event.target.elements;
    page.go(['users'], { [by.value]: user.value.trim() });
  };
  return h('form', { class: 'filters', role: 'search', 'aria-label': t('find-user'), 'data-key': 'find', onsubmit },
    fields.map((it) => it.element), h('button', { type: 'submit' }, t('find')));
}
