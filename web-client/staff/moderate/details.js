// The details of an act in the audit log, besides who, whom and where: each detail in words, as far as
// this page knows it.

import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';
import { REASONS } from './acts.js';
import { reason, roomLink } from './shown.js';

/** The details of an act, those that say something. */
export function details(page, all) {
  const { t, localizer } = page;
  const shown = Object.entries(all).filter(([name, value]) => value !== '' && !isSilent(name, value));
  return shown.map(([name, value]) => {
    const key = `detail-${name}`;
    const title = localizer.has(key) ? t(key) : name;
    return h('div', {}, h('span', { class: 'aside' }, `${title}: `), h('bdi', {}, inWords(page, name, value)));
  });
}

/** An entry without a report has the number 0, and the place of a line is its number. */
function isSilent(name, value) {
  return name === 'epoch' || (value === '0' && ['report', 'sanction'].includes(name))
    || (value === 'false' && ['address', 'automated'].includes(name));
}

function inWords(page, name, value) {
  const { t, localizer } = page;
  const known = (key) => (localizer.has(key) ? t(key) : value);
  switch (name) {
    case 'until':
      return value === '0' ? t('no-end') : localizer.time(Number(value));
    case 'reason':
      // A number, or a name as `REASON_SPAM`.
      return reason(page, REASONS[Number(value)] ?? value.replace(/^REASON_/, '').toLowerCase());
    case 'kind':
      return known(`kind-${value}`);
    case 'role':
      return known(`role-${value}`);
    case 'filter':
      return known(`filter-${value}`);
    case 'report':
      return h('a', { href: to(['reports', value]) }, value);
    case 'from':
    case 'to':
      return roomLink(value);
    default:
      return { true: t('yes'), false: t('no') }[value] ?? value;
  }
}
