// The texts that wait for a moderator.

import { MOST_BYTES } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { readPages } from './lists.js';
import { button, nameOf, roomLink, time, userLink } from './shown.js';

export const held = {
  name: 'held',
  title: 'held',

  load: (page) => readPages(page, {
    read: (after) => page.api.get('/held', { after, limit: 50 }),
    rows: (content) => content.held,
    next: (content) => (content.held.length === 50 ? content.held.at(-1).id : null),
  }),

  render: (page, { rows, more }) => ({
    content: [
      rows.length === 0
        ? h('p', { class: 'empty' }, page.t('no-held'))
        : h('ol', { class: 'cards' }, rows.map((it) => card(page, it))),
      more && page.more(),
    ],
  }),
};

function card(page, one) {
  const { t, api } = page;
  const name = nameOf(page, one.user);
  const title = `held-${one.id}`;
  const publish = () => page.act(() => api.post(`/held/${one.id}/publish`), t('published', { name }));
  const reject = () => page.ask({
    title: t('reject-title', { name }),
    fields: [{ name: 'words', label: t('words-for-user'), kind: 'area', most: MOST_BYTES }],
    submit: t('reject-submit'),
    done: t('rejected', { name }),
    run: ({ words }) => api.post(`/held/${one.id}/reject`, { words }),
  });
  return h('li', { class: 'card', 'data-key': title },
    h('p', { class: 'speaker' },
      userLink(page, one.user), ' · ', roomLink(one.room), ' · ', time(page, one.time), ' · ',
      `${t('held-filter')}: ${t(`filter-${one.filter}`)}`, one.edit ? ` · ${t('held-edit')}` : null),
    h('p', { class: one.action ? 'text action' : 'text', dir: 'auto', id: title }, one.text),
    h('div', { class: 'buttons' },
      h('button', { type: 'button', class: 'primary', onclick: publish, 'aria-describedby': title }, t('publish')),
      h('button', { type: 'button', onclick: reject, 'aria-describedby': title }, t('reject')),
    ),
  );
}
