// Hears everything that is said in a room, over a connection without harm, by a
// client in another language: see v1_witness.py.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { PYTHON } from './environment.mjs';
import { Arrivals, eachLine } from './waiting.mjs';

const SCRIPT = fileURLToPath(new URL('v1_witness.py', import.meta.url));

export class Witness {
  #process;
  #said = new Arrivals();

  /** One that is in this room. */
  static async in(room, url) {
    const witness = new Witness();
    const child = spawn(PYTHON, [SCRIPT, url, room], { stdio: ['pipe', 'pipe', 'inherit'] });
    eachLine(child.stdout, (line) => witness.#said.add(line));
    child.on('exit', () => witness.#said.add('exit'));
    witness.#process = child;
    await witness.#said.first((line) => line === 'listening', 'a witness');
    return witness;
  }

  /** Says it, and waits until it has its place behind all that was said before. */
  async say(text) {
    this.#process.stdin.write(`${text}\n`);
    await this.hears(text);
  }

  /** Waits until somebody says this. */
  async hears(text) {
    await this.#said.first((line) => line.endsWith(`, ${JSON.stringify(text)}]`), text);
  }

  /** Every line so far: its number, its speaker's ID, and its text. */
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
