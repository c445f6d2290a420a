// A client that records every line of a room over an undisturbed connection. It is
// written in another language: see v1_observer.py.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { PYTHON } from './environment.mjs';
import { EventLog, eachLine } from './event_log.mjs';

const SCRIPT = fileURLToPath(new URL('v1_observer.py', import.meta.url));

export class Observer {
  #process;
  #said = new EventLog();

  /** Starts an observer, and waits until it is in this room. */
  static async in(room, url) {
    const observer = new Observer();
    const child = spawn(PYTHON, [SCRIPT, url, room], { stdio: ['pipe', 'pipe', 'inherit'] });
    eachLine(child.stdout, (line) => observer.#said.add(line));
    child.on('exit', () => observer.#said.add('exit'));
    observer.#process = child;
    await observer.#said.first((line) => line === 'listening', 'an observer');
    return observer;
  }

  /** Says a text, and waits until the server has put it after all earlier lines. */
  async say(text) {
    this.#process.stdin.write(`${text}\n`);
    await this.hears(text);
  }

  /** Waits until somebody says this text. */
  async hears(text) {
    await this.#said.first((line) => line.endsWith(`, ${JSON.stringify(text)}]`), text);
  }

  /** Every line so far: [seq, sender ID, text]. */
  get lines() {
    const [, ...lines] = this.#said.all;
    return lines.map((line) => JSON.parse(line));
  }

  async end() {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
