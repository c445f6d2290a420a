// The real server, on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { SERVER } from './environment.mjs';
import { EventLog, eachLine } from './event_log.mjs';

/** Flags for a server whose rooms keep every line, and replay all of them to each new
 *  member. */
export const ETERNAL = [
  '--history-lines=1000000',
  '--history-bytes=67108864',
  '--replay-lines=1000000',
  '--max-waiting=67108864',
];

/** Flags for a server that does not limit how often users may ask for what: the tests'
 *  users are faster than any other. */
const UNLIMITED = [
  '--rates-say=off',
  '--rates-whisper=off',
  '--rates-join=off',
  '--rates-rename=off',
  '--rates-search=off',
  '--rates-report=off',
  '--rates-request=off',
  '--rates-refused=off',
  '--rates-handshake=off',
];

const LISTENING = /listening (?!for).*?:(\d+)\b(?!.*:\d)/;

const LISTENING_FOR_API = /listening for the API.*:(\d+)\b/;

export class Server {
  /** The port it got, or was told. */
  port;
  /** Its log, line by line. */
  log;
  #process;
  #flags;

  /** Starts a server on the given port, or on any free one, and waits until it listens. It
   *  limits how often users may ask for what if `limited` is true. */
  static async start({ port = 0, flags = [], limited = false } = {}) {
    const server = new Server();
    server.port = port;
    server.#flags = limited ? flags : [...UNLIMITED, ...flags];
    await server.#run();
    return server;
  }

  async #run() {
    const log = new EventLog();
    const child = spawn(SERVER, ['--port', `${this.port}`, ...this.#flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    eachLine(child.stderr, (line) => log.add(line));
    child.on('exit', (code, signal) => log.add(`exit: code ${code}, signal ${signal}`));
    child.on('error', (error) => log.add(`exit: ${error}`));
    this.log = log;
    this.#process = child;
    const line = await log.first((line) => LISTENING.test(line) || line.startsWith('exit: '), 'a server');
    const found = LISTENING.exec(line);
    if (!found) throw new Error(`no server: ${log.all.join('\n')}`);
    this.port = Number(found[1]);
  }

  /** Where its page is. */
  get url() {
    return `http://localhost:${this.port}/`;
  }

  /** The port of its API, if its settings switch it on. */
  get apiPort() {
    const lines = this.log.all.map((line) => LISTENING_FOR_API.exec(line));
    return Number(lines.find(Boolean)[1]);
  }

  /** Where its chat is. */
  get chat() {
    return `ws://localhost:${this.port}/ws`;
  }

  /** Kills it: no connection gets a close frame. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop, and returns its exit code. */
  async stop() {
    return this.#end('SIGTERM');
  }

  /** Freezes it: its connections stay open, and it answers nothing. */
  freeze() {
    this.#process.kill('SIGSTOP');
  }

  /** Lets it go on. */
  thaw() {
    this.#process.kill('SIGCONT');
  }

  /** Starts it again, on the same port. */
  async restart() {
    await this.#run();
  }

  async #end(signal) {
    const child = this.#process;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  }
}
