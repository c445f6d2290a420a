// The audit log, which is for those who moderate everywhere.

import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { isEverywhere } from './acts.js';
import { auditTable, readAudit } from './lists.js';

export const audit = {
  name: 'audit',
  title: 'audit',
  isFor: isEverywhere,

  load: (page, { query }) => readAudit(page, { account: query.get('account') }),

  render: (page, { rows, more }, { query }) => {
    const { t, localizer } = page;
    const account = field(localizer, {
      name: 'account', label: t('audit-of'), kind: 'search', value: query.get('account'), maxlength: 128,
    }, 'audit');
    const onsubmit = (event) => {
      event.preventDefault();
      page.go(['audit'], { account: event.target.elements.account.value.trim() });
    };
    return {
      content: [
        h('form', { class: 'filters', role: 'search', 'data-key': 'filter', onsubmit }, account.element, h('button', { type: 'submit' }, t('find'))),
        auditTable(page, rows, t('audit-caption')),
        more && page.more(),
      ],
    };
  },
};
