// Users, rooms, times and messages, as each view shows them.

import { h } from '../shared/dom.js';
import { to } from '../shared/route.js';

/** A user as it was then, with a link to what is known of it now. */
export function userLink(page, user) {
  const name = user.name || user.account || (user.id ? `#${user.id}` : page.t('erased'));
  const shown = h('bdi', {}, name);
  const place = userPlace(user);
  return [
    place ? h('a', { href: to(['users'], place) }, shown) : shown,
    !user.account && user.id ? h('span', { class: 'aside' }, ` ${page.t('guest')} ${user.id}`) : null,
    user.account && user.account !== name ? h('span', { class: 'aside' }, ' ', h('bdi', {}, user.account)) : null,
  ];
}

/** The query of the view of a user, if it can be named. */
export function userPlace({ account, id }) {
  if (account) return { account };
  return id ? { id } : null;
}

/** The user as requests name it. */
export function userRef({ account, id, name }) {
  if (account) return { account };
  return id ? { id } : { name };
}

/** The name of a user in a sentence. */
export function nameOf(page, { name, account, id }) {
  return name || account || (id ? `#${id}` : page.t('erased'));
}

/** Whoever has done something. */
export function actor(page, by) {
  if (by?.kind === 'user') return userLink(page, by.user);
  return page.t(by?.kind === 'server' ? 'the-server' : 'the-game');
}

/** The name of whoever has done something, in a sentence. */
export function actorName(page, by) {
  return by.kind === 'user' ? nameOf(page, by.user) : page.t(by.kind === 'server' ? 'the-server' : 'the-game');
}

export function roomLink(room) {
  return h('a', { href: to(['rooms', room]) }, h('bdi', {}, room));
}

/** A time, and how far it is from now. */
export function time(page, millis) {
  const { localizer } = page;
  return h('time', { datetime: new Date(millis).toISOString(), title: localizer.time(millis) }, localizer.distance(millis));
}

/** A time alone, for what was long ago. */
export function fullTime(page, millis) {
  return h('time', { datetime: new Date(millis).toISOString() }, page.localizer.time(millis));
}

export function reason(page, name) {
  const key = `reason-${name}`;
  return page.t(page.localizer.has(key) ? key : 'reason-other');
}

/** Messages with their speakers and times. `isMarked(line)`: the one that matters. With
 *  `remove(line)`, each has a button for it. Changes of other lines are no messages. */
export function messages(page, lines, { isMarked = () => false, withRoom = false, remove } = {}) {
  const shown = lines.filter(({ change }) => !change);
  const line = (one) => {
    const from = one.from ?? one.sender;
    return h('li', {
      'data-key': `line-${one.room ?? ''}-${one.epoch ?? ''}-${one.seq}`, class: isMarked(one) ? 'message marked' : 'message',
    },
      h('p', { class: 'speaker' },
        userLink(page, from), one.to ? [' ', page.t('whisper-to', { name: one.to.name })] : null,
        withRoom ? [' · ', roomLink(one.room)] : null, ' · ', fullTime(page, one.time),
        one.edited ? ` · ${page.t('edited')}` : null),
      one.removed && !one.text
        ? h('p', { class: 'aside' }, page.t('removed'))
        : h('p', { class: one.action ? 'text action' : 'text', dir: 'auto' }, one.text,
          one.removed ? h('span', { class: 'aside' }, ` (${page.t('removed')})`) : null),
      remove && !one.removed
        ? h('p', { class: 'buttons' }, button(page.t('remove'), () => remove(one)))
        : null,
    );
  };
  return h('ol', { class: 'messages' }, shown.map(line));
}

/** A button. None becomes another one while somebody is about to press it. */
export function button(text, onclick, kind = '') {
  return h('button', { type: 'button', class: kind, onclick, 'data-key': text }, text);
}
