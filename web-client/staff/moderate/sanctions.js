// The sanctions that hold.

import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { sanction } from './acts.js';
import { readSanctions, sanctionTable } from './lists.js';
import { button } from './shown.js';

export const sanctions = {
  name: 'sanctions',
  title: 'sanctions',

  load: (page, { query }) => readSanctions(page, { room: query.get('room'), account: query.get('account') }),

  render: (page, { rows, more }, { query }) => {
    const { t, localizer } = page;
    const fields = [
      field(localizer, { name: 'room', label: t('room'), value: query.get('room'), kind: 'search', maxlength: 64 }, 'sanctions'),
      field(localizer, { name: 'account', label: t('account'), value: query.get('account'), kind: 'search', maxlength: 128 }, 'sanctions'),
    ];
    const onsubmit = (event) => {
      event.preventDefault();
      const { room, account } = event.target.elements;
      page.go(['sanctions'], { room: room.value.trim(), account: account.value.trim() });
    };
    return {
      content: [
        h('div', { class: 'buttons' }, button(t('impose'), () => sanction(page), 'primary')),
        h('form', { class: 'filters', role: 'search', 'data-key': 'filter', onsubmit }, fields.map((it) => it.element), h('button', { type: 'submit' }, t('find'))),
        sanctionTable(page, rows, t('sanctions-caption')),
        more && page.more(),
      ],
    };
  },
};
