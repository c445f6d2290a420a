// The players, and who is signed in. All of it is in memory, and gone when the program ends: a
// game has a database, and passwords.

import { randomBytes, randomUUID } from 'node:crypto';

export const GUILDS = ['owls', 'foxes'];
const TEAMS = ['red', 'blue'];
const COLORS = ['#e8a33d', '#5aa9e6', '#8bc34a', '#e57373', '#ba8ce0', '#4db6ac'];

/** Fewer than the chat server's names: 1 to 24 letters and digits, with spaces, - and _ between. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} _-]{0,22}[\p{L}\p{M}\p{N}])?$/u;

/** More would be somebody who fills the memory. */
const MOST = 10_000;

export class Players {
  #byName = new Map();
  #bySession = new Map();

  /** Signs a player in by its name alone, and returns the session's secret number. The same
   *  name is the same player again, on another device. `null`: the name or the guild cannot be. */
  signIn(name, guild) {
    const shown = String(name ?? '').normalize('NFC').trim();
    if (!NAME.test(shown) || !GUILDS.includes(guild)) return null;
    const key = shown.toLowerCase();
    let player = this.#byName.get(key);
    if (!player) {
      if (this.#byName.size >= MOST) return null;
      const number = this.#byName.size;
      player = {
        id: randomUUID(),
        name: shown,
        guild,
        team: TEAMS[number % TEAMS.length],
        color: COLORS[number % COLORS.length],
      };
      this.#byName.set(key, player);
    }
    // The one that is signed in for the longest time is signed out.
    if (this.#bySession.size >= MOST) {
      this.#bySession.delete(this.#bySession.keys().next().value);
    }
    const session = randomBytes(32).toString('base64url');
    this.#bySession.set(session, player);
    return session;
  }

  /** The player of a session; `undefined` if nobody is signed in. */
  of(session) {
    return this.#bySession.get(session);
  }

  signOut(session) {
    this.#bySession.delete(session);
  }
}
