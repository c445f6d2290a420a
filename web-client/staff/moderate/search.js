// A search for messages by their words, their user and their time.

import { Problem } from '../shared/api.js';
import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { removableMessages } from './acts.js';
import { readPages } from './lists.js';

/** The fields of the search, which the address has as well. */
const FIELDS = ['room', 'text', 'name', 'after', 'before'];

export const search = {
  name: 'search',
  title: 'search',
  isStill: true,

  load: async (page, { query }) => {
    const rooms = (query.get('room') ?? '').split(',').map((it) => it.trim()).filter(Boolean);
    // The rooms that are there now, to choose from.
    const { rooms: known } = await page.api.get('/rooms', { limit: 100 });
    const names = known.map(({ room }) => room);
    if (rooms.length === 0) return { names, found: null };
    const asked = readPages(page, {
      read: (from) => page.api.get('/search', {
        room: rooms, text: query.get('text'), name: query.get('name'),
        after_time: millis(query.get('after')), before_time: millis(query.get('before')), from, limit: 50,
      }),
      rows: ({ lines }) => lines,
      next: ({ next }) => next,
    });
    try {
      return { names, found: await asked };
    } catch (problem) {
      // It lies in what is looked for, and can be changed there.
      if (!(problem instanceof Problem) || problem.code !== 'bad_request') throw problem;
      return { names, problem };
    }
  },

  render: (page, { names, found, problem }, { query }) => ({
    content: [form(page, names, query), ...(problem ? [refusal(page, problem)] : results(page, found))],
  }),
};

function refusal({ localizer }, problem) {
  return h('p', { class: 'problem', role: 'alert', 'data-key': 'problem' }, problem.words(localizer));
}

function form(page, names, query) {
  const { t, localizer } = page;
  const labels = { room: 'rooms-to-search', text: 'words', name: 'of-user', after: 'from-time', before: 'to-time' };
  const kinds = { after: 'date', before: 'date', text: 'search' };
  const others = { room: { list: 'known-rooms', required: true }, text: { most: 256 }, name: { maxlength: 128 } };
  const fields = FIELDS.map((name) => field(localizer, {
    name, label: t(labels[name]), kind: kinds[name], value: query.get(name) ?? defaultOf(name, names), ...others[name],
  }, 'search'));
  const onsubmit = (event) => {
    event.preventDefault();
    const { elements } = event.target;
    page.go(['search'], Object.fromEntries(FIELDS.map((name) => [name, elements[name].value.trim()])));
  };
  return h('form', { class: 'filters', role: 'search', 'data-key': 'search', onsubmit },
    fields.map((it) => it.element),
    h('datalist', { id: 'known-rooms' }, names.map((it) => h('option', { value: it }))),
    h('button', { type: 'submit', class: 'primary' }, t('find')));
}

/** At first, the search is in the rooms that are there. */
function defaultOf(name, names) {
  return name === 'room' ? names.slice(0, 20).join(', ') : '';
}

function results(page, found) {
  const { t } = page;
  if (!found) return [h('p', { class: 'empty' }, t('search-first'))];
  const { rows, more } = found;
  const nothing = t(more ? 'found-none-yet' : 'found-none');
  return [
    h('h2', {}, rows.length ? t('found', { count: rows.length }) : nothing),
    rows.length > 0 && removableMessages(page, rows, { withRoom: true }),
    more && page.more(),
  ];
}

/** A local date and time of a field as milliseconds since 1970. */
function millis(text) {
  const time = text ? new Date(text).getTime() : NaN;
  return time > 0 ? time : undefined;
}
