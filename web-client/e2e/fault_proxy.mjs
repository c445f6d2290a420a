// The proxy between clients and the server that splits, delays and cuts what
// it carries, at any byte: the program is server/testing/src/bin/fault_proxy.rs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { FAULT_PROXY, PATIENCE } from './environment.mjs';
import { EventLog, eachLine } from './event_log.mjs';

export class FaultProxy {
  #process;
  #address;
  #said = new EventLog();

  /** Starts a proxy to the server on this port. It splits and delays what it carries.
   *  After `begin` it also makes `cuts` cuts, each after at most `mostBytes` in one
   *  direction. The seed decides where. */
  static async start({ port, seed, cuts, mostBytes }) {
    const proxy = new FaultProxy();
    const flags = { upstream: `127.0.0.1:${port}`, seed, cuts, 'most-bytes': mostBytes };
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(FAULT_PROXY, ['--calm', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.on('error', (error) => proxy.#said.add(`exit: ${error}`));
    eachLine(child.stdout, (line) => proxy.#said.add(line));
    proxy.#process = child;
    proxy.#address = await proxy.#said.first(() => true, 'a proxy');
    if (proxy.#address.startsWith('exit: ')) throw new Error(`no proxy: ${proxy.#address}`);
    return proxy;
  }

  /** The chat's address through this proxy. */
  get chat() {
    return `ws://${this.#address}/ws`;
  }

  /** The page's address through this proxy. */
  get page() {
    return `http://${this.#address}/`;
  }

  /** Begins to make cuts. */
  async begin() {
    await this.#ask('begin');
  }

  /** The number of cuts so far. */
  async cuts() {
    return Number(await this.#ask(''));
  }

  /** Waits until it has made this many cuts. However long that takes on a busy machine,
   *  there must be a next one soon. */
  async reaches(wanted) {
    let last = 0;
    let deadline = performance.now() + PATIENCE;
    for (;;) {
      const cuts = await this.cuts();
      if (cuts >= wanted) return;
      if (cuts > last) {
        last = cuts;
        deadline = performance.now() + PATIENCE;
      }
      if (performance.now() > deadline) throw new Error(`no cut for long: ${cuts} of ${wanted}`);
      await pause(50);
    }
  }

  async #ask(what) {
    const before = this.#said.all.length;
    this.#process.stdin.write(`${what}\n`);
    return this.#said.first(() => true, 'the number of cuts', before);
  }

  async end() {
    const gone = once(this.#process, 'exit');
    this.#process.stdin.end();
    await gone;
  }
}
