// Dialogs that ask for something and then do it. What is typed stays until it is done: also if it
// fails, and if the user has to sign in again meanwhile.

import { h } from './dom.js';
import { Problem } from './api.js';

/** The most bytes of a text that the server keeps with an act. */
export const MOST_BYTES = 500;

/** Asks by a dialog, and does what it is for.
 *
 *  - `title`, and a `text` below it;
 *  - `fields`: see [`field`];
 *  - `submit`: what the button says, and `danger` if it cannot be undone;
 *  - `run(values)`: does it. If it throws a `Problem`, the dialog says so and stays.
 *
 *  Returns whether it was done. */
export function ask({ localizer, title, text, fields = [], submit, danger = false, run }) {
  const { text: t } = localizer;
  return new Promise((resolve) => {
    const problem = h('p', { class: 'problem', role: 'alert' });
    const inputs = fields.map((it) => field(localizer, it, 'ask'));
    const button = h('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, submit);
    const done = (result) => {
      dialog.close();
      dialog.remove();
      resolve(result);
    };
    let running = false;
    const onsubmit = async (event) => {
      event.preventDefault();
      if (running) return;
      running = true;
      button.setAttribute('aria-disabled', 'true');
      problem.textContent = '';
      try {
        await run(Object.fromEntries(inputs.map(({ name, value }) => [name, value()])));
        done(true);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.code !== 'unauthorized') problem.textContent = error.words(localizer);
      } finally {
        running = false;
        button.removeAttribute('aria-disabled');
      }
    };
    const form = h('form', { onsubmit },
      h('h2', { id: 'dialog-title' }, title),
      text && h('p', {}, text),
      inputs.map(({ element }) => element),
      problem,
      h('div', { class: 'buttons' },
        button,
        h('button', { type: 'button', onclick: () => done(false) }, t('cancel')),
      ),
    );
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, form);
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      done(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Puts all dialogs away, and returns a function that brings them back. */
export function putAway() {
  const dialogs = [...document.querySelectorAll('dialog[open]')];
  for (const dialog of dialogs) dialog.close();
  return () => {
    for (const dialog of dialogs) if (dialog.isConnected && !dialog.open) dialog.showModal();
  };
}

/** Removes all dialogs, with what was typed. */
export function removeAll() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.remove();
}

/** A field with its label: `name`, `label`, `hint`, and a `kind`: `text` (by default), `area`,
 *  `select` with `options` (pairs of a value and a text), `check`, `number`, `date`, `search`. All
 *  other properties are attributes of the input. `form` tells the fields of forms apart. */
export function field(localizer, { name, label, hint, kind = 'text', options, value, most, onchange, ...attributes }, form) {
  const id = `${form}-${name}`;
  const described = hint && `${id}-hint`;
  const common = { id, name, 'aria-describedby': described, onchange, ...attributes };
  let input;
  if (kind === 'area') {
    input = h('textarea', { rows: 3, ...common });
    input.value = value ?? '';
  } else if (kind === 'select') {
    const option = ([key, text]) => h('option', { value: key, selected: key === value }, text);
    input = h('select', common, options.map(option));
  } else if (kind === 'check') {
    input = h('input', { type: 'checkbox', checked: value, ...common });
  } else {
    const type = { number: 'number', date: 'datetime-local', search: 'search' }[kind] ?? 'text';
    input = h('input', { type, autocomplete: 'off', ...common, value });
  }
  if (most) {
    input.oninput = () => {
      const bytes = new TextEncoder().encode(input.value).length;
      input.setCustomValidity(bytes > most ? localizer.text('too-long', { bytes, most }) : '');
    };
  }
  const parts = [h('label', { for: id }, label), input];
  if (kind === 'check') parts.reverse();
  const element = h('div', { class: kind === 'check' ? 'field check' : 'field', 'data-key': id },
    parts, hint && h('p', { class: 'hint', id: described }, hint));
  return { name, element, input, value: () => (kind === 'check' ? input.checked : input.value.trim()) };
}
