// The acts of moderators about users: each by a dialog, from wherever a user is shown.

import { part } from '../shared/api.js';
import { MOST_BYTES } from '../shared/dialog.js';
import { messages, nameOf, reason, userRef } from './shown.js';

/** The reasons, in the order of the lists. */
export const REASONS = [
  'unspecified', 'spam', 'harassment', 'hate', 'sexual', 'child_safety', 'violence', 'self_harm',
  'private_data', 'fraud', 'illegal', 'name', 'other',
];

/** For how many seconds a sanction can hold; 0: until it is lifted. */
const TIMES = ['300', '600', '3600', '86400', '259200', '604800', '2592000', '0'];

/** Whether the caller acts everywhere, and not in some rooms alone. */
export function isEverywhere({ role }) {
  return role !== 'player';
}

/** Asks for a sanction against `user`, or against one that is named in the dialog. With a `report`,
 *  it decides the report as well. */
export function sanction(page, { user, room = '', report } = {}) {
  const { t, api } = page;
  const options = (names, prefix) => names.map((it) => [it, t(`${prefix}-${it}`)]);
  const named = !user && [
    { name: 'by', label: t('user-ref'), kind: 'select', options: options(['name', 'account', 'id'], 'by') },
    { name: 'user', label: t('the-user'), required: true, maxlength: 128 },
  ];
  let imposed = null;
  return page.ask({
    title: user ? t('impose-title-of', { name: nameOf(page, user) }) : t('impose-title'),
    text: report && t('decide-text'),
    fields: [
      ...(named || []),
      { name: 'kind', label: t('kind'), kind: 'select', options: options(['mute', 'ban', 'kick'], 'kind') },
      {
        name: 'room', value: room, maxlength: 64,
        label: isEverywhere(page.me) ? t('room-or-everywhere') : t('room'), required: !isEverywhere(page.me),
      },
      { name: 'seconds', label: t('seconds'), hint: t('seconds-hint'), kind: 'select', options: options(TIMES, 'for'), value: '3600' },
      {
        name: 'reason', label: t('reason'), kind: 'select', value: report?.reason,
        options: REASONS.map((it) => [it, reason(page, it)]),
      },
      { name: 'rule', label: t('rule'), hint: t('rule-hint'), kind: 'area', most: MOST_BYTES },
      { name: 'note', label: t('note'), hint: t('note-hint'), kind: 'area', most: MOST_BYTES },
      { name: 'address', label: t('of-address'), kind: 'check' },
      ...(report ? [{ name: 'words', label: t('words-for-reporter'), kind: 'area', most: MOST_BYTES }] : []),
    ],
    submit: t('impose-submit'),
    danger: true,
    done: t(report ? 'sanctioned-decided' : 'imposed'),
    run: async (values) => {
      // If the second step fails, the first is not done again.
      imposed ??= await api.post('/sanctions', body(values, user, report));
      if (!report) return;
      const decision = { acted: true, words: values.words, sanction: imposed.id };
      await api.post(`/reports/${report.id}/decide`, decision);
    },
  });
}

function body({ by, user: text, kind, room, seconds, reason, rule, note, address }, user, report) {
  const named = by === 'id' ? Number(text) : text;
  const isKick = kind === 'kick';
  return {
    kind,
    user: user ? userRef(user) : { [by]: named },
    reason,
    rule,
    note,
    address: address && !isKick,
    ...(room && { room }),
    ...(!isKick && seconds !== '0' && { seconds: Number(seconds) }),
    ...(report && { report: report.id }),
  };
}

/** Asks whether a sanction is to end, and ends it. */
export function lift(page, { id, kind, user }) {
  const name = nameOf(page, user);
  const { t } = page;
  return page.ask({
    title: t('lift-title', { kind: t(`kind-${kind}`), name }),
    fields: [{ name: 'note', label: t('note'), hint: t('note-hint'), kind: 'area', most: MOST_BYTES }],
    submit: t('lift-submit'),
    done: t('lifted', { name }),
    run: ({ note }) => page.api.delete(`/sanctions/${id}`, { note }),
  });
}

/** Asks whether all messages of a user are to be removed, and removes them. */
export function purge(page, user, room = '') {
  const { t } = page;
  const name = nameOf(page, user);
  const [[by, key]] = Object.entries(userRef(user));
  return page.ask({
    title: t('purge-title', { name }),
    text: t('purge-text'),
    fields: [{
      name: 'room', value: room, maxlength: 64,
      label: isEverywhere(page.me) ? t('room-or-everywhere') : t('room'), required: !isEverywhere(page.me),
    }],
    submit: t('purge-submit'),
    danger: true,
    done: t('purged', { name }),
    run: ({ room }) => page.api.post(`/users/${part(String(key))}/purge`, room ? { room } : {}, { by }),
  });
}

/** Asks whether one message is to be removed, and removes it. */
export function removeLine(page, { room, epoch, seq, name }) {
  const { t } = page;
  return page.ask({
    title: t('remove-title', { name }),
    text: t('remove-text'),
    submit: t('remove-submit'),
    danger: true,
    done: t('removed-line', { name }),
    run: () => page.api.delete(`/rooms/${part(room)}/messages/${epoch}/${seq}`),
  });
}

/** A list of messages, each of which can be removed. */
export function removableMessages(page, lines, options = {}) {
  const remove = (line) => removeLine(page, { ...line, name: nameOf(page, line.sender) });
  return messages(page, lines, { ...options, remove });
}

/** Asks for a role of a user, and gives it. */
export function setRole(page, user) {
  const { t } = page;
  const name = nameOf(page, user);
  return page.ask({
    title: t('set-role-title', { name }),
    fields: [
      {
        name: 'role', label: t('role'), kind: 'select',
        options: ['player', 'moderator', 'admin'].map((it) => [it, t(`role-${it}`)]),
      },
      {
        name: 'room', maxlength: 64,
        label: page.me.role === 'admin' ? t('room-or-everywhere') : t('room'), required: page.me.role !== 'admin',
      },
    ],
    submit: t('save'),
    done: t('role-set', { name }),
    run: ({ role, room }) => page.api.put('/roles', { user: userRef(user), role, ...(room && { room }) }),
  });
}
