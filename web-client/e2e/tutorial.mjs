// Clients of the tutorial's protocol, in another language: see tutorial_client.py.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { PYTHON } from './environment.mjs';
import { EventLog, eachLine } from './event_log.mjs';

const SCRIPT = fileURLToPath(new URL('tutorial_client.py', import.meta.url));

/** One Python process with any number of clients in it. */
export class TutorialClients {
  #process;
  #clients = new Map();

  constructor() {
    this.#process = spawn(PYTHON, ['-u', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    eachLine(this.#process.stdout, (line) => {
      const { client, ...event } = JSON.parse(line);
      this.#clients.get(client).events.add(event);
    });
  }

  /** Connects a client, and waits for its ID. */
  async connect(name, url) {
    const client = new TutorialClient((command) => this.#tell({ client: name, ...command }));
    this.#clients.set(name, client);
    client.tell({ do: 'connect', url });
    const first = await client.events.first(({ event }) => event !== 'open', `${name}'s ID`);
    if (!first.id) throw new Error(`${name} did not get its ID first: ${JSON.stringify(first)}`);
    client.id = first.id;
    return client;
  }

  /** Ends the process and every client in it. */
  async end() {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  #tell(command) {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
  }
}

class TutorialClient {
  /** The ID the server gave it. */
  id;
  /** Everything that happened to it. */
  events = new EventLog();

  constructor(tell) {
    this.tell = tell;
  }

  say(text) {
    this.tell({ do: 'say', text });
  }

  /** Every chat line so far, in order. */
  get chats() {
    return this.events.all.filter(({ text }) => text !== undefined);
  }

  /** Waits for a chat line with this text. */
  hear(text) {
    return this.events.first((event) => event.text === text, `the chat ${text.slice(0, 40)}`);
  }
}
