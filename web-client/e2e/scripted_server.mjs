// A server that does what a test says: it serves the page, and answers with what the test
// gives it. For what the real server does only with settings that would be the test's subject
// themselves, or only after a long time.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

import { WebSocketServer } from 'ws';

import { field, message, SUBPROTOCOL } from './library.mjs';

const PAGE = new URL('../dist/', import.meta.url);
const TYPES = {
  '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
};

/** Field numbers of the schema. */
const REQUEST = 20;
const REPLY = 21;
const LINE = 22;
const WHISPER = 23;
const REMOVED = 28;
const ROOM_CHANGED = 29;
const SANCTIONS = 32;
const REJECTED = 33;
const BLOCKS = 34;
const REPORT_DECIDED = 35;
const MOVED = 36;
const ASKS = {
  2: 'hello', 3: 'join', 4: 'leave', 5: 'listRooms', 6: 'say', 7: 'whisper', 8: 'rename', 9: 'listMembers', 10: 'fetchHistory', 11: 'refresh',
  12: 'edit', 13: 'remove', 14: 'react', 15: 'markRead', 16: 'listUnread', 17: 'search',
  18: 'block', 19: 'listBlocks', 20: 'report', 21: 'impose', 22: 'lift', 23: 'changeRoom', 24: 'clear', 25: 'purge',
};
const ANSWERS = {
  error: 2, welcome: 3, joined: 4, left: 5, rooms: 6, renamed: 9, members: 10, history: 11, refreshed: 12, markedRead: 13, unread: 14, found: 15,
  blocks: 16, reported: 17, imposed: 18, lifted: 19, roomChanged: 20, cleared: 21, purged: 22, held: 26,
};

/** The fields of a message by their numbers: numbers as bigint, all else as bytes. */
export function fieldsOf(bytes) {
  const fields = {};
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Number(key >> 3n);
    if ((key & 7n) === 0n) {
      fields[number] = varint();
    } else {
      const length = Number(varint());
      fields[number] = bytes.subarray(at, at + length);
      at += length;
    }
  }
  return fields;
}

const text = (bytes) => (typeof bytes === 'bigint' ? `${bytes}` : Buffer.from(bytes ?? '').toString());

/** An error: its code, its arguments, and when to try again. */
export const error = (code, texts = [], retryAfter = null) => {
  const later = retryAfter === null ? [] : [field(3, 1n), field(4, BigInt(retryAfter))];
  return { error: message(field(1, BigInt(code)), ...texts.map((it) => field(2, it)), ...later) };
};

/** The settings of a room. */
export function settings({ topic = '', slowMode = 0, textBytes = 0, ...flags }) {
  const numbers = { readOnly: 4, announceOnly: 5, noHistory: 6, noMembers: 7, mayRemove: 8, mayModerate: 9 };
  const set = Object.keys(flags).filter((name) => flags[name]).map((name) => field(numbers[name], 1n));
  return message(field(1, topic), field(2, BigInt(slowMode)), field(3, BigInt(textBytes)), ...set);
}

export const MUTE = 1n;
export const BAN = 2n;
export const KICK = 3n;

/** A sanction: its kind, its room (none: everywhere), and in how many milliseconds it ends, by a server's clock that is at
 *  `NOW` when the client comes; 0: never. */
export const NOW = 1_767_225_600_000n;
export const sanction = (id, kind, { room = '', ends = 0n, appeal = 'https://game.example/appeal', rule = 'Be kind' }) => message(
  field(1, BigInt(id)), field(2, kind), field(3, room), field(4, NOW), field(5, ends && NOW + ends), field(6, 2n), field(7, rule), field(9, appeal),
);

/** A member: its ID and name, and the account and what is shown of it. */
export const member = (id, name, user = '', info = '') =>
  message(field(1, BigInt(id)), field(2, name), field(3, user), field(4, info));

export class ScriptedServer {
  /** The requests in their order: the name of each ask and its fields. */
  asked = [];
  /** Answers by the name of the ask, in the place of the usual ones. Each gets the fields, and the number of the request. */
  answers = {};
  /** Rooms by their names: `settings`, `members`, and `read`, the last line that the user has read. */
  rooms = {};
  /** How many lines were said in every room before the client came. */
  said = 0n;
  /** More fields of Welcome, beside the usual ones. */
  welcome = [];
  /** The names of asks whose answers wait for `release`. */
  late = new Set();
  /** A script of the game, which runs before the page's. */
  game = '';
  #http;
  #sockets;
  #seq = 0n;
  #waiting = [];

  static async start() {
    const server = new ScriptedServer();
    server.#http = createServer((request, response) => server.#serve(request, response));
    server.#sockets = new WebSocketServer({ server: server.#http, handleProtocols: () => SUBPROTOCOL });
    server.#sockets.on('connection', (socket) => {
      socket.on('message', (bytes) => server.#received(socket, bytes));
      socket.on('error', () => {});
    });
    server.#http.listen(0, 'localhost');
    await once(server.#http, 'listening');
    return server;
  }

  get url() {
    return `http://localhost:${this.#http.address().port}/`;
  }

  /** Sends a packet with this body to every client. */
  push(number, body) {
    for (const socket of this.#sockets.clients) socket.send(field(number, body));
  }

  /** Says something in a room, as this user. */
  say(room, id, name, words, user = '', info = '', nonce = 0n, session = 0n) {
    this.#seq += 1n;
    this.push(LINE, message(
      field(1, room), field(2, 5n), field(3, this.#seq), field(4, BigInt(Date.now())), field(5, BigInt(id)), field(6, name),
      field(7, nonce), field(8, words), field(10, session), field(11, user), field(12, info),
    ));
  }

  /** Whispers to every client, as this user. */
  whisper(id, name, seq, words) {
    this.push(WHISPER, message(field(1, seq), field(2, BigInt(Date.now())), field(3, BigInt(id)), field(4, name), field(5, 7n), field(6, 'Mira'), field(8, words)));
  }

  /** Takes every client out of a room: the game does not allow it, or there is another reason. */
  remove(room, reason = 1n, ...why) {
    this.push(REMOVED, message(field(1, room), field(2, reason), ...why.map((it) => field(3, it))));
  }

  /** This is all that holds against the users of the clients. */
  sanction(...all) {
    this.push(SANCTIONS, message(...all.map((it) => field(1, it))));
  }

  /** A moderator rejects what this request has said, in these words. */
  reject(room, nonce, words) {
    this.push(REJECTED, message(field(1, room), field(2, nonce), field(3, 7n), field(4, words)));
  }

  /** The users of the clients block these members. */
  block(...members) {
    this.push(BLOCKS, message(...members.map((it) => field(1, it))));
  }

  /** A report is decided. */
  decide(id, acted, words) {
    this.push(REPORT_DECIDED, message(field(1, id), field(2, acted), field(3, words)));
  }

  /** The game moves every client from a room into another one. */
  move(from, room) {
    const joined = message(field(1, room), field(2, 6n), field(3, 1n), field(7, 1n), field(8, 1n), field(9, member(7, 'Mira')));
    this.push(MOVED, message(field(1, from), field(2, joined)));
  }

  /** Somebody removes all lines up to this one: those of everybody (5), or of a user (6). */
  sweep(room, line, kind, user = 0) {
    this.#seq += 1n;
    const change = message(field(1, line), field(2, kind), field(4, BigInt(user)));
    this.push(LINE, message(
      field(1, room), field(2, 5n), field(3, this.#seq), field(4, BigInt(Date.now())), field(5, 3n), field(6, 'Ada'), field(14, change),
    ));
  }

  /** Gives a room these settings, for every client in it. */
  change(room, holds) {
    this.push(ROOM_CHANGED, message(field(1, room), field(2, settings(holds))));
  }

  /** Closes every connection with this code. */
  close(code, reason = '') {
    for (const socket of this.#sockets.clients) socket.close(code, reason);
  }

  async end() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  async #serve(request, response) {
    const { pathname } = new URL(request.url, this.url);
    const name = pathname === '/' ? 'index.html' : path.basename(pathname);
    response.setHeader('content-type', TYPES[path.extname(name)] ?? 'text/plain');
    let body = await readFile(new URL(name, PAGE)).catch(() => '');
    if (name === 'index.html') body = `${body}`.replace('<script', `<script>${this.game}</script><script`);
    response.end(body);
  }

  #received(socket, bytes) {
    const request = fieldsOf(bytes)[REQUEST];
    if (!request) return;
    const fields = fieldsOf(request);
    const [number] = Object.keys(fields).filter((it) => it !== '1');
    const [ask, asked] = [ASKS[number], fieldsOf(fields[number])];
    this.asked.push({ ask, fields: asked });
    if (this.late.has(ask)) {
      this.#waiting.push(() => this.#answer(socket, ask, asked, fields));
    } else {
      this.#answer(socket, ask, asked, fields);
    }
  }

  /** Gives the answers that wait, and all others at once. */
  release() {
    this.late.clear();
    for (const give of this.#waiting.splice(0)) give();
  }

  #answer(socket, ask, asked, fields) {
    const answer = this.answers[ask]?.(asked, fields[1]) ?? this.#usual(ask, asked, fields[1]);
    for (const [name, body] of Object.entries(answer)) {
      socket.send(field(REPLY, message(field(1, fields[1]), field(ANSWERS[name], body))));
    }
  }

  #usual(ask, asked, id) {
    const name = ask === 'hello' ? '' : text(asked[1]);
    switch (ask) {
      case 'hello':
        this.#seq = this.said;
        return { welcome: message(field(1, 1n), field(2, 7n), field(3, text(asked[2]) || 'Mira'), field(4, 'secret'), field(15, 1n), ...this.welcome) };
      case 'join': {
        const { settings: holds, members = [member(7, 'Mira')], read = 0n } = this.rooms[name] ?? {};
        const all = members.map((it) => field(9, it));
        const rules = holds ? [field(10, holds)] : [];
        return { joined: message(field(1, name), field(2, 5n), field(3, this.#seq + 1n), field(4, this.#seq), field(7, BigInt(members.length)), field(8, 1n), ...all, ...rules, field(11, read)) };
      }
      case 'say':
        this.say(name, 7, 'Mira', text(asked[2]), '', '', id);
        return {};
      case 'rename':
        return { renamed: message(field(1, name)) };
      case 'listRooms':
        return { rooms: message(field(2, 0n)) };
      case 'leave':
        return { left: message(field(1, name)) };
      case 'refresh':
        return { refreshed: message(field(1, 600n)) };
      default:
        return {};
    }
  }
}
