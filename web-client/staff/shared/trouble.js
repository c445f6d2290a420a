// The banner that says that what is shown is old.

import { h, show } from './dom.js';

/** Says in `container` that what is shown is as it was at `time`, and why: the last try had this
 *  `problem`. `again()` tries once more. Without a problem there is no banner. */
export function showTrouble(container, { localizer, time, problem, again }) {
  container.hidden = !problem;
  if (!problem) return;
  const { text: t } = localizer;
  show(container, [
    h('p', {}, t('not-current', { time: localizer.clock(time), problem: problem.words(localizer) })),
    h('button', { type: 'button', onclick: again }, t('try-now')),
  ]);
}
