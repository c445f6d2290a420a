// Makes the tokens with which players come to the chat: docs/accounts.md says what they have.

import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** For how long a token holds, in seconds. The client fetches the next one before that. */
const HOLDS_FOR = 10 * 60;

/** Everything that a player may do in a room of its own. */
const MEMBER = ['join', 'say', 'history', 'members'];

/** Reads the secret that the chat server has as well. The first time, makes one. */
export function secretIn(file) {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32).toString('hex');
  writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return secret;
}

/** The rooms of a player. */
export function roomsOf(player) {
  return [`guild-${player.guild}`, `team-${player.team}`];
}

/** A token for a player. `now` is in milliseconds since 1970. */
export function tokenFor(player, secret, now = Date.now()) {
  const rooms = roomsOf(player);
  const issued = Math.floor(now / 1000);
  const claims = {
    sub: player.id,
    name: player.name,
    aud: 'chat',
    info: { color: player.color, badge: player.guild },
    rooms,
    caps: [{ rooms, allow: MEMBER }],
    iat: issued,
    exp: issued + HOLDS_FOR,
  };
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
