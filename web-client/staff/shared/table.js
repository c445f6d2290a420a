// Tables, which become cards where the screen is narrow: there each cell says its column itself.

import { h } from './dom.js';

/** A table. `columns` are `{ title, cell(row), head }`: the cell of `head` names the row. `key(row)`
 *  tells rows apart. `empty` is said if there are no rows. With `isTitled`, the caption is the title
 *  of the view already. */
export function table({ caption, isTitled = false, columns, rows, key, empty }) {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  // The roles stay if the style makes blocks of rows and cells.
  const cell = (column, row) => {
    const content = column.cell(row);
    const isEmpty = content === null || content === undefined || content === '';
    const name = column.head ? 'th' : 'td';
    return h(name, {
      role: column.head ? 'rowheader' : 'cell', scope: column.head && 'row',
      'data-title': column.title, class: isEmpty && 'none',
    }, h('div', {}, content));
  };
  return h('table', { role: 'table' },
    h('caption', { class: isTitled && 'unseen' }, caption),
    h('thead', { role: 'rowgroup' },
      h('tr', { role: 'row' }, columns.map(({ title }) => h('th', { role: 'columnheader', scope: 'col' }, title))),
    ),
    h('tbody', { role: 'rowgroup' },
      rows.map((row) => h('tr', { role: 'row', 'data-key': `row-${key(row)}` }, columns.map((it) => cell(it, row)))),
    ),
  );
}

/** Facts about one thing: pairs of a name and a value. Those without a value are left out. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false);
  return h('dl', { class: 'facts' }, shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}
