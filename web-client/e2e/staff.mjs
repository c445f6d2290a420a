// The pages for staff, with a server of their own, players that say something, and tokens.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';

import { SERVER } from './environment.mjs';
import { EventLog } from './event_log.mjs';
import { Server } from './server.mjs';

const LIBRARY = new URL('../dist/lib/', import.meta.url);
const run = promisify(execFile);
let library = null;

/** The key of the API. */
export const KEY = 'a-key-of-32-bytes-and-more-for-tests';

/** A server with accounts, the API, and a filter that holds what contains `waitword`. */
export class StaffServer {
  server;
  #folder;
  #more;
  #guests;
  #players = [];

  /** Starts one, with more settings and flags, with a store if it `keeps` what is said, and with other `guests`. */
  static async start({ settings = '', keeps = false, flags = [], guests = 'allow' } = {}) {
    const staff = new StaffServer();
    staff.#guests = guests;
    staff.#folder = await mkdtemp(join(tmpdir(), 'guildhall-staff-'));
    staff.#more = settings;
    await staff.renewSecret();
    await staff.#write('api.key', KEY);
    await staff.#write('words.txt', 'waitword\n');
    await staff.#settings(0);
    const data = keeps ? [`--data=${join(staff.#folder, 'data')}`] : [];
    staff.server = await Server.start({ flags: ['--config', staff.#file, ...data, ...flags] });
    library ??= await load();
    return staff;
  }

  /** Makes another secret: after a restart, the tokens of before hold no more. */
  renewSecret() {
    return this.#write('secret.txt', randomBytes(32).toString('hex'));
  }

  #write(name, text) {
    return writeFile(join(this.#folder, name), text, { mode: 0o600 });
  }

  get #file() {
    return join(this.#folder, 'guildhall.toml');
  }

  #settings(port) {
    return this.#write('guildhall.toml', `
      [accounts]
      keys = [{ secret_file = "secret.txt", algorithm = "HS256" }]
      guests = "${this.#guests}"
      [api]
      listen = "127.0.0.1:${port}"
      key_file = "api.key"
      [[filters]]
      file = "words.txt"
      act = "hold"
      ${this.#more}
    `);
  }

  /** The address of a page for staff. */
  url(page) {
    return `http://127.0.0.1:${this.server.apiPort}/${page}`;
  }

  /** A token of a user, with rights such as `*=mod`. */
  async token(user, name, allow = [], holds = '1h') {
    const rights = allow.map((it) => `--allow=${it}`);
    const flags = ['token', '--config', this.#file, '--user', user, '--name', name, '--for', holds, ...rights];
    const { stdout } = await run(SERVER, flags);
    return stdout.split('\n')[0].trim();
  }

  /** Calls the API as the game, or as whoever has this token. */
  async call(method, path, body, token = KEY) {
    const response = await fetch(this.url(`api/v1${path}`), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** A player in a room: with a token if there is one, else a guest. */
  async player(name, room, token) {
    const player = await Player.join(this.server.chat, name, room, token);
    this.#players.push(player);
    return player;
  }

  /** Kills the server, and starts it again on the same ports. */
  async restart() {
    const port = this.server.apiPort;
    await this.server.kill();
    await this.#settings(port);
    await this.server.restart();
  }

  async end() {
    for (const player of this.#players) player.client.close();
    await this.server.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A player that uses the library. */
export class Player {
  client;
  #events = new EventLog();
  #room;

  static async join(url, name, room, token) {
    const player = new Player();
    player.#room = room;
    player.client = new library.ChatClient(url, token ? { name, token } : { name });
    player.client.onevent = (event) => player.#events.add(event);
    player.client.connect();
    player.client.join(room);
    await player.until('joined', (event) => event.room === room);
    return player;
  }

  /** Waits for an event of this type. */
  until(type, fits = () => true, from = 0) {
    return this.#events.first((event) => event.type === type && fits(event), `${type}`, from);
  }

  /** Says something, and waits until it is kept. Returns its number in the room. */
  async say(text) {
    const nonce = this.client.say(this.#room, text);
    await this.until('sent', (event) => event.nonce === nonce);
    const line = await this.until('line', (event) => event.room === this.#room && event.text === text);
    return line.seq;
  }

  /** Says something that a filter holds. */
  async sayHeld(text) {
    const nonce = this.client.say(this.#room, text);
    await this.until('held', (event) => event.nonce === nonce);
  }

  /** Reports a line of the room, or a user. Returns the number of the report. */
  async report(report) {
    if (report.seq) await this.until('line', ({ seq }) => seq === report.seq);
    const from = this.#events.all.length;
    this.client.report(report);
    return (await this.until('reported', () => true, from)).id;
  }
}

/** A socket as browsers have it: an error that nobody listens for ends no program. */
class PlayerSocket extends WebSocket {
  constructor(...options) {
    super(...options);
    this.on('error', () => {});
  }
}

/** The library, over real sockets. */
async function load() {
  globalThis.WebSocket = PlayerSocket;
  const script = await readFile(new URL('guildhall.js', LIBRARY), 'utf8');
  // As a data URL: the path would not tell Node that it is a module.
  const module = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  await module.default({ module_or_path: await readFile(new URL('guildhall_bg.wasm', LIBRARY)) });
  return module;
}
