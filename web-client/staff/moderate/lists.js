// Lists that several views show, and how they are read page by page.

import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';
import { table } from '../shared/table.js';
import { lift } from './acts.js';
import { details } from './details.js';
import { actor, button, fullTime, reason, roomLink, time, userLink } from './shown.js';

/** Reads as many pages of a list as the page shows. `read(from)` returns one; `next(content)` says
 *  where the one behind it begins, if there is one; `rows(content)` are its rows. */
export async function readPages(page, { read, rows, next }) {
  const all = [];
  let from;
  for (let count = 0; count < page.pages; count += 1) {
    const content = await read(from);
    all.push(...rows(content));
    from = next(content);
    if (from === undefined || from === null) break;
  }
  return { rows: all, more: from !== undefined && from !== null };
}

/** The sanctions that hold, those that `query` asks for. */
export function readSanctions(page, query) {
  return readPages(page, {
    read: (before) => page.api.get('/sanctions', { ...query, before, limit: 100 }),
    rows: ({ sanctions }) => sanctions,
    next: ({ sanctions, more }) => (more ? sanctions.at(-1)?.id : null),
  });
}

export function sanctionTable(page, rows, caption) {
  const { t } = page;
  return table({
    caption,
    empty: t('no-sanctions'),
    rows,
    key: ({ id }) => id,
    columns: [
      { title: t('user'), head: true, cell: ({ user }) => userLink(page, user) },
      {
        title: t('kind'),
        cell: ({ kind, address }) => [t(`kind-${kind}`), address ? ` ${t('with-address')}` : null],
      },
      { title: t('place'), cell: ({ room }) => (room ? roomLink(room) : t('everywhere')) },
      { title: t('until'), cell: ({ until }) => (until ? time(page, until) : t('no-end')) },
      { title: t('since'), cell: ({ since }) => fullTime(page, since) },
      {
        title: t('reason'),
        cell: (one) => [
          reason(page, one.reason),
          one.rule ? h('p', { class: 'aside', dir: 'auto' }, one.rule) : null,
          one.note ? h('p', { class: 'aside' }, `${t('note')}: `, h('bdi', {}, one.note)) : null,
        ],
      },
      {
        title: t('by'),
        cell: ({ by, automated, report }) => [
          by ? userLink(page, { ...by, id: 0 }) : t(automated ? 'the-server' : 'the-game'),
          automated ? ` ${t('automated')}` : null,
          report ? [', ', h('a', { href: to(['reports', String(report)]) }, t('from-report', { id: report }))] : null,
        ],
      },
      { title: t('number'), cell: (one) => [`${one.id} `, button(t('lift'), () => lift(page, one))] },
    ],
  });
}

export function reportTable(page, rows, caption, isTitled) {
  const { t } = page;
  return table({
    isTitled,
    caption,
    empty: t('no-reports'),
    rows,
    key: ({ id }) => id,
    columns: [
      {
        title: t('number'), head: true,
        cell: ({ id }) => h('a', { href: to(['reports', String(id)]) }, t('report', { id })),
      },
      { title: t('reason'), cell: (one) => reason(page, one.reason) },
      { title: t('reported-user'), cell: ({ user }) => userLink(page, user) },
      { title: t('reporter'), cell: ({ reporter }) => userLink(page, reporter) },
      { title: t('place'), cell: (one) => reportPlace(page, one) },
      { title: t('when'), cell: (one) => time(page, one.time) },
      { title: t('state'), cell: (one) => reportState(page, one) },
    ],
  });
}

/** The room of a report, or what else it is about. */
export function reportPlace(page, { room, whisper }) {
  if (room) return roomLink(room);
  return page.t(whisper ? 'a-whisper' : 'a-user');
}

/** How far moderators are with a report. */
export function reportState(page, { state, by }) {
  return [page.t(`state-${state}`), by ? [' (', actor(page, by), ')'] : null];
}

/** The entries of the audit log, those that `query` asks for. */
export function readAudit(page, query) {
  return readPages(page, {
    read: (from) => page.api.get('/audit', { ...query, newest: true, from, limit: 50 }),
    rows: ({ entries }) => entries,
    next: ({ entries, more }) => (more ? entries.at(-1)?.id : null),
  });
}

export function auditTable(page, rows, caption) {
  const { t, localizer } = page;
  const kind = (name) => (localizer.has(`act-${name}`) ? t(`act-${name}`) : name);
  return table({
    caption,
    empty: t('no-audit'),
    rows,
    key: ({ id }) => id,
    columns: [
      { title: t('number'), head: true, cell: ({ id }) => String(id) },
      { title: t('when'), cell: (one) => fullTime(page, one.time) },
      { title: t('by'), cell: ({ by }) => actor(page, by) },
      { title: t('kind'), cell: (one) => kind(one.kind) },
      { title: t('user'), cell: ({ user }) => user && userLink(page, user) },
      { title: t('room'), cell: ({ room }) => room && roomLink(room) },
      { title: t('details'), cell: (one) => details(page, one.details) },
    ],
  });
}
