// The proxy between clients and the server that splits, delays and cuts what
// it carries, at any byte: the program is server/examples/fault_proxy.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { FAULT_PROXY } from './environment.mjs';
import { Arrivals, eachLine } from './waiting.mjs';

export class FaultProxy {
  #process;
  #address;
  #said = new Arrivals();

  /** Starts one to the server on this port. It makes so many cuts, and then only
   *  splits and delays; where, follows from the seed. */
  static async start({ port, seed, cuts }) {
    const proxy = new FaultProxy();
    const flags = { upstream: `127.0.0.1:${port}`, seed, cuts };
    const child = spawn(
      FAULT_PROXY,
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    child.on('error', (error) => proxy.#said.add(`exit: ${error}`));
    eachLine(child.stdout, (line) => proxy.#said.add(line));
    proxy.#process = child;
    proxy.#address = await proxy.#said.first(() => true, 'a proxy');
    if (proxy.#address.startsWith('exit: ')) throw new Error(`no proxy: ${proxy.#address}`);
    return proxy;
  }

  /** Where the server's chat is at the other end. */
  get chat() {
    return `ws://${this.#address}/ws`;
  }

  /** How often it has cut so far. */
  async cuts() {
    const before = this.#said.all.length;
    this.#process.stdin.write('\n');
    return Number(await this.#said.first(() => true, 'the number of cuts', before));
  }

  async end() {
    const gone = once(this.#process, 'exit');
    this.#process.stdin.end();
    await gone;
  }
}
