// The list of a page's views, each with how many things wait in it.

import { h, show } from './dom.js';
import { to } from './route.js';

/** As many things are counted. */
export const MOST_COUNTED = 100;

/** Shows the list in `container`. `here` is the name of the view that is shown, and `counted` has how
 *  many things wait in which view. */
export function showViews(container, { localizer, views, here, counted }) {
  const { text: t } = localizer;
  const link = ({ name, title }) => {
    const count = counted[name];
    return h('li', {}, h('a', { href: to([name]), 'aria-current': name === here && 'page' },
      t(title), ' ', count ? h('span', { class: 'count' }, shownCount(count)) : null));
  };
  container.setAttribute('aria-label', t('views'));
  show(container, [h('ul', {}, views.map(link))]);
}

/** How many things wait, in words. */
export function shownCount(count) {
  return count < MOST_COUNTED ? `${count}` : `${MOST_COUNTED}+`;
}
