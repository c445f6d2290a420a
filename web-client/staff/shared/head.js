// The head of a page for staff: who is signed in, the language, and what is pressed at any time.

import { h, show } from './dom.js';
import { LANGUAGES } from './localizer.js';

/** How long before its end a token is said to end, in milliseconds. */
const WARN_BEFORE = 300_000;

/** Shows the head in `container`. `me` is who is signed in, if anybody is. `onlanguage()` is called
 *  when another language was chosen. `hold` is called to hold the page still or to let it go on, if
 *  that can be done; it is held if `isHeld` is true. */
export function showHead(container, { localizer, me, onlanguage, hold, isHeld, signOut }) {
  const { text: t } = localizer;
  const skip = document.getElementById('skip');
  skip.textContent = t('skip');
  // The address names a place in the page, and stays as it is.
  skip.onclick = (event) => {
    event.preventDefault();
    document.querySelector('main h1')?.focus();
  };
  const option = ([code, name]) => h('option', { value: code, lang: code, selected: code === localizer.language }, name);
  const onchange = ({ target }) => {
    localizer.choose(target.value);
    onlanguage();
    document.getElementById('language').focus();
  };
  const left = me?.until ? me.until - Date.now() : Infinity;
  const name = me?.caller.user?.name;
  show(container, [
    h('p', { class: 'mark' }, h('img', { src: 'staff/icon.svg', alt: '', width: 32, height: 32 }), ' Guildhall'),
    me && h('p', { class: 'me' }, name ? t('signed-in-as', { name }) : t('signed-in-as-game')),
    left < WARN_BEFORE && h('p', { class: 'ends', role: 'status' }, t('token-ends', { when: localizer.distance(me.until) })),
    h('select', { id: 'language', 'aria-label': t('language'), onchange }, Object.entries(LANGUAGES).map(option)),
    me && hold && h('button', { type: 'button', 'data-key': 'hold', 'aria-pressed': `${isHeld}`, onclick: hold }, t('hold')),
    me && h('button', { type: 'button', 'data-key': 'sign-out', onclick: signOut }, t('sign-out')),
  ]);
}
