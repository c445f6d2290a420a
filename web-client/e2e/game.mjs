// examples/game-backend and its chat server, each on a port of its own.

import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { backend } from '../../examples/game-backend/backend.mjs';
import { PATIENCE } from './environment.mjs';
import { Server } from './server.mjs';

const SETTINGS = fileURLToPath(new URL('../../examples/game-backend/guildhall.toml', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../dist/lib/', import.meta.url));

export class Game {
  /** The chat server. */
  chat;
  /** The game's origin. */
  origin;
  /** The faults of all pages. */
  faults = [];
  #http;
  #folder;
  #browser;

  /** Starts both. Pages of `origins` may connect to the chat, too. */
  static async start(browser, origins = []) {
    const game = new Game();
    game.#browser = browser;
    game.#folder = await mkdtemp(path.join(tmpdir(), 'guildhall-game-'));
    const options = { secretFile: path.join(game.#folder, 'secret.txt'), library: LIBRARY };
    game.#http = backend(options);
    game.#http.listen(0, 'localhost');
    await once(game.#http, 'listening');
    game.origin = `http://localhost:${game.#http.address().port}`;
    // The settings of the example, but for the ports.
    const settings = path.join(game.#folder, 'guildhall.toml');
    await copyFile(SETTINGS, settings);
    const allowed = [game.origin, ...origins].map((origin) => `--allow-origin=${origin}`);
    game.chat = await Server.start({ flags: ['--config', settings, ...allowed] });
    options.chat = game.chat.chat;
    return game;
  }

  /** Opens the game in a tab, by default in a new browser profile. */
  async open(context) {
    context ??= await this.#browser.newContext({ locale: 'en-GB' });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.faults.push(`${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text());
    });
    await page.goto(this.origin);
    return page;
  }

  /** Signs a player in, in a browser profile of its own, and waits for the chat. */
  async play(name, guild) {
    const page = await this.open();
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Your guild').selectOption(guild);
    await page.getByLabel('Your guild').press('Tab');
    await page.keyboard.press('Enter');
    await isReady(page);
    return page;
  }

  /** A token of a player who signs in without a browser. */
  async tokenOf(name, guild) {
    const send = (url, headers, body) =>
      fetch(this.origin + url, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: this.origin, ...headers },
        body,
      });
    const signedIn = await send('/sign-in', {}, new URLSearchParams({ name, guild }));
    const [cookie] = signedIn.headers.get('set-cookie').split(';');
    return (await send('/chat-token', { cookie })).text();
  }

  /** Ends both, and the pages. */
  async end() {
    for (const context of this.#browser.contexts()) await context.close();
    await this.chat.kill();
    this.#http.closeAllConnections();
    this.#http.close();
    await rm(this.#folder, { recursive: true });
  }
}

/** Waits until a page's chat is in both rooms. */
export async function isReady(page) {
  await page.getByRole('status').getByText('online').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('#room option').length === 2);
}

/** Says something in a room. */
export async function say(page, room, text) {
  await page.getByLabel('Room').selectOption(room);
  await page.getByLabel('Message').fill(text);
  await page.getByLabel('Message').press('Enter');
}

/** Waits for a line of the log with all of these. */
export async function shows(page, ...parts) {
  let line = page.locator('#log > div');
  for (const part of parts) line = line.filter({ hasText: part });
  await line.first().waitFor();
  return line.first();
}
