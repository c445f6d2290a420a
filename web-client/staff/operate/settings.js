// The settings in force, and the place that each is from.

import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { table } from '../shared/table.js';

export const settings = {
  name: 'settings',
  title: 'settings',

  load: (page) => page.api.get('/settings'),

  render: (page, { file, settings: all }, { query }) => {
    const { t, localizer } = page;
    const isSet = query.get('show') === 'set';
    const onchange = ({ target }) => page.showAs(['settings'], { show: target.checked ? 'set' : null });
    const rows = all.filter(({ origin }) => !isSet || origin !== 'default');
    return {
      content: [
        h('p', { class: 'aside' }, file ? [t('settings-file'), ' ', h('bdi', {}, h('code', {}, file))] : t('no-settings-file')),
        field(localizer, { name: 'set', label: t('only-set'), kind: 'check', value: isSet, onchange }, 'settings').element,
        table({
          caption: t('settings'),
          isTitled: true,
          empty: t('all-default'),
          rows,
          key: ({ name }) => name,
          columns: [
            { title: t('setting'), head: true, cell: ({ name }) => h('code', {}, name) },
            { title: t('setting-value'), cell: ({ value }) => (value ? h('code', { class: 'long' }, value) : t('not-set')) },
            { title: t('origin'), cell: (one) => origin(page, one) },
            { title: t('takes-over'), cell: ({ reloaded }) => t(reloaded ? 'by-reload' : 'by-restart') },
          ],
        }),
      ],
    };
  },
};

function origin({ t, localizer }, { origin, place }) {
  if (origin === 'file') return t('from-file', { line: place });
  const words = localizer.word('from', origin);
  return place ? [words, ' ', h('code', {}, place)] : words;
}
