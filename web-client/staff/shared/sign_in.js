// The form that asks for a token.

import { h, show } from './dom.js';

/** Shows the form in `container`, with a `problem` if there is one, and with the `token` of before if
 *  that may be good. `signIn(token)` is called with what the user has pasted, and `onedit()` as soon
 *  as it pastes something. */
export function showSignIn(container, { localizer, title, problem, token: before, signIn, onedit }) {
  const { text: t } = localizer;
  const onsubmit = (event) => {
    event.preventDefault();
    const input = document.getElementById('token');
    const token = input.value.trim();
    if (token) signIn(token);
    else showSignIn(container, { localizer, title, problem: t('token-missing'), signIn, onedit });
  };
  show(container, [
    h('form', { class: 'sign-in', 'aria-labelledby': 'sign-in-title', onsubmit, autocomplete: 'off' },
      h('h1', { id: 'sign-in-title', tabindex: -1 }, title),
      h('div', { class: 'field' },
        h('label', { for: 'token' }, t('token')),
        h('input', {
          id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true,
          'aria-describedby': 'token-hint token-problem', value: before, oninput: onedit,
        }),
        h('p', { class: 'hint', id: 'token-hint' }, t('token-hint')),
        h('p', { class: 'problem', id: 'token-problem', role: 'alert' }, problem ?? ''),
      ),
      h('button', { type: 'submit', class: 'primary' }, t('sign-in')),
    ),
  ]);
}
