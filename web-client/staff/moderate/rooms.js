// The rooms in memory, and one room: its settings, who is in it, and what was said there.

import { Problem, part } from '../shared/api.js';
import { field } from '../shared/dialog.js';
import { h } from '../shared/dom.js';
import { facts, table } from '../shared/table.js';
import { purge, removableMessages, sanction } from './acts.js';
import { readPages } from './lists.js';
import { button, roomLink, userLink } from './shown.js';

/** How many of the newest messages are shown. */
const MOST_LINES = 50;

/** How many members are one page. */
const MEMBERS = 200;

export const rooms = {
  name: 'rooms',
  title: 'rooms',

  load: async (page, { parts: [, name] }) => {
    if (name) return readRoom(page, name);
    return readPages(page, {
      read: (after) => page.api.get('/rooms', { after, limit: 100 }),
      rows: (content) => content.rooms,
      next: (content) => (content.more ? content.rooms.at(-1)?.room : null),
    });
  },

  render: (page, data, { parts: [, name] }) => (name ? room(page, name, data) : list(page, data)),
};

/** All that is known of a room. One that nobody is in may be on the disk alone. */
async function readRoom(page, name) {
  const path = `/rooms/${part(name)}`;
  const orNone = (promise, none) => promise.catch((error) => {
    if (error instanceof Problem && error.code === 'no_such_room') return none;
    throw error;
  });
  const [room, members, moderators, history] = await Promise.all([
    orNone(page.api.get(path), null),
    orNone(readMembers(page, path), { count: 0, members: [], more: false }),
    page.api.get(`${path}/moderators`),
    orNone(page.api.get(`${path}/history`, { limit: MOST_LINES }), { lines: [] }),
  ]);
  return { room, members, moderators: moderators.moderators, lines: history.lines.toReversed() };
}

/** How many members a room has, and as many of them as the page shows. */
async function readMembers(page, path) {
  let count = 0;
  const { rows, more } = await readPages(page, {
    read: (after) => page.api.get(`${path}/members`, { after, limit: MEMBERS }),
    rows: (content) => {
      ({ count } = content);
      return content.members;
    },
    next: ({ members }) => (members.length === MEMBERS ? members.at(-1).id : null),
  });
  return { count, members: rows, more: more && count > rows.length };
}

function list(page, { rows, more }) {
  const { t, localizer } = page;
  const other = field(localizer, { name: 'room', label: t('other-room'), maxlength: 64, required: true }, 'rooms');
  const onsubmit = (event) => {
    event.preventDefault();
    const name = event.target.elements.room.value.trim();
    if (name) page.go(['rooms', name]);
  };
  return {
    content: [
      table({
        caption: t('rooms-caption'),
        empty: t('no-rooms'),
        rows,
        key: (it) => it.room,
        columns: [
          { title: t('room'), head: true, cell: (it) => roomLink(it.room) },
          { title: t('members'), cell: ({ members }) => localizer.number(members) },
          { title: t('topic'), cell: ({ topic }) => topic && h('bdi', {}, topic) },
          { title: t('slow-mode'), cell: (it) => slow(page, it) },
          { title: t('announce-only'), cell: (it) => it.announce_only && t('yes') },
        ],
      }),
      more && page.more(),
      h('form', { class: 'filters', 'data-key': 'other', onsubmit }, other.element, h('button', { type: 'submit' }, t('show-room'))),
    ],
  };
}

function slow(page, { slow_mode: seconds }) {
  return seconds > 0 && page.t('slow-seconds', { seconds });
}

function room(page, name, { room, members, moderators, lines }) {
  const { t, api, localizer } = page;
  const path = `/rooms/${part(name)}`;
  const changeSettings = () => page.ask({
    title: t('change-settings-title', { room: name }),
    fields: [
      { name: 'topic', label: t('topic'), value: room?.topic, most: 1_024 },
      { name: 'slow', label: t('slow-mode'), hint: t('slow-hint'), kind: 'number', value: room?.slow_mode ?? 0, min: 0, max: 21_600, required: true },
      { name: 'announce', label: t('announce-hint'), kind: 'check', value: room?.announce_only },
    ],
    submit: t('save'),
    done: t('settings-changed'),
    run: (values) => api.patch(path, changes(room, values)),
  });
  const reset = () => page.ask({
    title: t('reset-title', { room: name }),
    text: t('reset-text'),
    submit: t('reset-submit'),
    done: t('settings-changed'),
    run: () => api.delete(`${path}/settings`),
  });
  const clear = () => page.ask({
    title: t('clear-title', { room: name }),
    text: t('clear-text'),
    submit: t('clear-submit'),
    danger: true,
    done: t('cleared', { room: name }),
    run: () => api.post(`${path}/clear`),
  });
  const hasChanges = room && Object.keys(room.changed).length > 0;
  const roles = moderators.flatMap(({ user, role }, at) => [at ? ', ' : null, userLink(page, user), ` (${t(`role-${role}`)})`]);
  return {
    title: `${t('room')} ${name}`,
    content: [
      !room && h('p', { class: 'empty' }, t('room-gone')),
      facts([
        [t('topic'), room?.topic && h('bdi', {}, room.topic)],
        [t('slow-mode'), room && (slow(page, room) || t('no'))],
        [t('announce-only'), room && t(room.announce_only ? 'yes' : 'no')],
        [t('moderators'), moderators.length ? roles : t('no-moderators')],
      ]),
      h('div', { class: 'buttons' },
        button(t('change-settings'), changeSettings),
        hasChanges && button(t('reset'), reset),
        button(t('clear'), clear, 'danger'),
      ),
      h('section', { 'aria-labelledby': 'members' },
        h('h2', { id: 'members' }, t('members-caption', { count: members.count })),
        memberTable(page, name, members),
        members.more && page.more(),
      ),
      h('section', { 'aria-labelledby': 'lines' },
        h('h2', { id: 'lines' }, t('lines')),
        lines.some(({ change }) => !change) ? removableMessages(page, lines) : h('p', { class: 'empty' }, t('no-lines')),
      ),
    ],
  };

  function memberTable(page, name, { count, members }) {
    return table({
      caption: t('members-caption', { count }),
      isTitled: true,
      empty: t('no-members'),
      rows: members,
      key: ({ id }) => id,
      columns: [
        { title: t('user'), head: true, cell: (it) => userLink(page, it) },
        { title: t('number'), cell: ({ id }) => String(id) },
        {
          title: t('kind'),
          cell: (user) => h('div', { class: 'buttons' },
            button(t('sanction'), () => sanction(page, { user, room: name })),
            button(t('purge'), () => purge(page, user, name)),
          ),
        },
      ],
    });
  }
}

/** The settings that are others now: those that stay are not changed. */
function changes(room, { topic, slow, announce }) {
  const wanted = { topic, slow_mode: Number(slow), announce_only: announce };
  const before = room ?? { topic: '', slow_mode: 0, announce_only: false };
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => before[name] !== value));
}
