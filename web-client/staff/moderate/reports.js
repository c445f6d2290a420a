// The queue of reports, and one report with its evidence.

import { MOST_BYTES, field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { isSameCaller } from '../shared/session.js';
import { facts } from '../shared/table.js';
import { purge, removeLine, sanction } from './acts.js';
import { readPages, reportPlace, reportTable } from './lists.js';
import { actorName, button, fullTime, messages, nameOf, reason, userLink } from './shown.js';

const STATES = ['undecided', 'open', 'claimed', 'decided', 'all'];

export const reports = {
  name: 'reports',
  title: 'reports',

  load: async (page, { parts: [, id], query }) => {
    if (id) return page.api.get(`/reports/${encodeURIComponent(id)}`);
    return readPages(page, {
      read: (from) => page.api.get('/reports', { state: query.get('state') ?? 'undecided', from, limit: 50 }),
      rows: (content) => content.reports,
      next: (content) => content.next,
    });
  },

  render: (page, data, { parts: [, id], query }) => (id ? report(page, data) : queue(page, data, query)),
};

function queue(page, { rows, more }, query) {
  const { t } = page;
  const state = field(page.localizer, {
    name: 'state', label: t('state'), kind: 'select', value: query.get('state') ?? 'undecided',
    options: STATES.map((it) => [it, t(`state-${it}`)]),
    onchange: ({ target }) => page.go(['reports'], { state: target.value }),
  }, 'reports');
  return {
    title: t('reports'),
    content: [
      h('div', { class: 'filters', 'data-key': 'filter' }, state.element),
      reportTable(page, rows, t('reports'), true),
      more && page.more(),
    ],
  };
}

function report(page, full) {
  const { t } = page;
  const one = full.report;
  const { decision } = one;
  const around = [...full.before, ...(full.message ? [full.message] : []), ...full.after];
  return {
    title: `${t('report', { id: one.id })}: ${reason(page, one.reason)}`,
    content: [
      facts([
        [t('reported-user'), userLink(page, one.user)],
        [t('reporter'), userLink(page, one.reporter)],
        [t('place'), reportPlace(page, one)],
        [t('when'), fullTime(page, one.time)],
        [t('reporter-words'), one.note && h('span', { class: 'text', dir: 'auto' }, one.note)],
        [t('state'), stateInWords(page, one)],
        [t('decision'), decision && `${t(decision.acted ? 'decision-acted' : 'decision-nothing')} (${page.localizer.time(decision.time)})`],
        [t('told'), decision?.words],
        [t('follows'), decision?.sanction],
      ]),
      one.state !== 'decided' && actions(page, one),
      h('section', { 'aria-labelledby': 'evidence' },
        h('h2', { id: 'evidence' }, t('evidence')),
        full.message
          ? [h('h3', {}, t('reported-message')), messages(page, [full.message], { isMarked: () => true })]
          : h('p', { class: 'empty' }, t('no-message')),
        full.versions.length > 0 && [
          h('h3', {}, t('earlier-versions')),
          h('ol', {}, full.versions.map((it) => h('li', { class: 'text', dir: 'auto' }, it))),
        ],
        around.length > 1 && [
          h('h3', {}, t('lines-around')),
          messages(page, around, { isMarked: ({ seq }) => seq === full.message?.seq }),
        ],
        full.member_count > 0 && h('details', {},
          h('summary', {}, t('members-then', { count: full.member_count })),
          h('ul', {}, full.members.map((it) => h('li', {}, userLink(page, it)))),
        ),
      ),
    ],
  };
}

function stateInWords(page, { state, by }) {
  if (state === 'open') return page.t('state-open');
  return page.t(state === 'claimed' ? 'taken-by' : 'decided-by', { name: actorName(page, by) });
}

function actions(page, one) {
  const { t, api, me } = page;
  const path = `/reports/${one.id}`;
  const isMine = isSameCaller(one.by, me.caller);
  const decide = (acted) => page.ask({
    title: t(acted ? 'decide-acted-title' : 'decide-nothing-title'),
    text: t('decide-text'),
    fields: [{ name: 'words', label: t('words-for-reporter'), kind: 'area', most: MOST_BYTES }],
    submit: t('decide'),
    done: t('decided'),
    run: ({ words }) => api.post(`${path}/decide`, { acted, words }),
  });
  return h('div', { class: 'buttons' },
    one.state === 'open' && button(t('claim'), () => page.act(() => api.post(`${path}/claim`), t('claimed')), 'primary'),
    isMine && button(t('release'), () => page.act(() => api.post(`${path}/release`), t('released'))),
    button(t('decide-sanction'), () => sanction(page, { user: one.user, room: one.room, report: one }), isMine ? 'primary' : ''),
    button(t('decide-acted'), () => decide(true)),
    button(t('decide-nothing'), () => decide(false)),
    one.seq && one.room && button(t('remove'), () => removeLine(page, { ...one, name: nameOf(page, one.user) })),
    button(t('purge'), () => purge(page, one.user, one.room)),
  );
}
