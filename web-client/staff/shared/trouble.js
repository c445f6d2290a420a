// The banner that says that what is shown is old.

import { h, show } from './dom.js';

/** Says in `container` that what is shown is as it was at `time`, and why: the last try had this
 *  `problem`, and `again()` tries once more; or the user holds it still. Otherwise there is no
 *  banner. */
export function showTrouble(container, { localizer, time, isHeld, problem, again }) {
  container.hidden = !problem && !isHeld;
  if (container.hidden) return;
  const { text: t } = localizer;
  const at = localizer.clock(time);
  show(container, problem ? [
    h('p', {}, t('not-current', { time: at, problem: problem.words(localizer) })),
    h('button', { type: 'button', onclick: again }, t('try-now')),
  ] : [h('p', {}, t('held-since', { time: at }))]);
}
