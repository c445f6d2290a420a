// examples/game-backend with the chat server and real browsers: players sign in with the game,
// and chat with their guild and their team.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { backend } from '../../../examples/game-backend/backend.mjs';
import { violations } from '../accessibility.mjs';
import { PATIENCE } from '../environment.mjs';
import { launch } from '../page.mjs';
import { Server } from '../server.mjs';

const EXAMPLE = fileURLToPath(new URL('../../../examples/game-backend/', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../dist/lib/', import.meta.url));

let browser;
let folder;
let game;
let chat;
let origin;
/** What went wrong in any page. */
let faults;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

beforeEach(async () => {
  faults = [];
  folder = await mkdtemp(path.join(tmpdir(), 'guildhall-game-'));
  const options = { secretFile: path.join(folder, 'secret.txt'), library: LIBRARY };
  game = backend(options);
  game.listen(0, 'localhost');
  await once(game, 'listening');
  origin = `http://localhost:${game.address().port}`;
  // The settings of the example, but for the ports.
  const settings = path.join(folder, 'guildhall.toml');
  await copyFile(path.join(EXAMPLE, 'guildhall.toml'), settings);
  chat = await Server.start({ flags: ['--config', settings, '--allow-origin', origin] });
  options.chat = chat.chat;
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await chat.kill();
  game.closeAllConnections();
  game.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(faults, []);
});

/** Signs a player in, in a browser of its own, and waits until its chat has both rooms. */
async function play(name, guild) {
  const context = await browser.newContext({ locale: 'en-GB' });
  context.setDefaultTimeout(PATIENCE);
  const page = await open(context);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Your guild').selectOption(guild);
  await page.getByLabel('Your guild').press('Tab');
  await page.keyboard.press('Enter');
  await isReady(page);
  return page;
}

/** Opens one more tab. */
async function open(context) {
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(origin);
  return page;
}

async function isReady(page) {
  await page.getByRole('status').getByText('online').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('#room option').length === 2);
}

const roomsOf = (page) => page.locator('#room option').allTextContents();

async function say(page, room, text) {
  await page.getByLabel('Room').selectOption(room);
  await page.getByLabel('Message').fill(text);
  await page.getByLabel('Message').press('Enter');
}

/** Waits for a line of the log with all of these. */
async function shows(page, ...parts) {
  let line = page.locator('#log > div');
  for (const part of parts) line = line.filter({ hasText: part });
  await line.first().waitFor();
  return line.first();
}

test('players chat with their guild and their team, and with nobody else', async () => {
  const mira = await play('Mira', 'owls');
  const bo = await play('Bo', 'owls');
  const cleo = await play('Cleo', 'foxes');
  assert.deepEqual((await roomsOf(mira)).sort(), ['guild-owls', 'team-red']);
  assert.deepEqual((await roomsOf(bo)).sort(), ['guild-owls', 'team-blue']);
  assert.deepEqual((await roomsOf(cleo)).sort(), ['guild-foxes', 'team-red']);
  await say(mira, 'guild-owls', 'to the owls');
  const line = await shows(bo, '[guild-owls]', 'Mira:', 'to the owls');
  // The game's own badge and colour.
  assert.equal(await line.locator('.badge').textContent(), 'owls');
  const colour = (it) => it.style.getPropertyValue('--color');
  assert.match(await line.locator('.name').evaluate(colour), /^#[0-9a-f]{6}$/);
  await say(mira, 'team-red', 'to the red team');
  await shows(cleo, '[team-red]', 'Mira:', 'to the red team');
  // Whoever is not in a room reads nothing of it, also not by the time of a later line.
  await say(bo, 'guild-owls', 'later');
  await shows(mira, '[guild-owls]', 'Bo:', 'later');
  assert.doesNotMatch(await cleo.locator('#log').textContent(), /to the owls|later/);
  assert.doesNotMatch(await bo.locator('#log').textContent(), /to the red team/);
});

test('two tabs of a player are one user', async () => {
  const one = await play('Mira', 'owls');
  const two = await open(one.context());
  await isReady(two);
  await say(one, 'guild-owls', 'from the first tab');
  await shows(two, 'Mira:', 'from the first tab');
  await say(two, 'guild-owls', 'from the second tab');
  await shows(one, 'Mira:', 'from the second tab');
  assert.equal(await two.locator('#me').textContent(), 'Mira');
});

test('a server that was away gets its players back with tokens', async () => {
  const mira = await play('Mira', 'owls');
  await chat.kill();
  await mira.getByRole('status').getByText('waiting').waitFor();
  // The browser tells of the connection that was lost.
  faults = faults.filter((fault) => !fault.includes('WebSocket connection to'));
  await chat.restart();
  await isReady(mira);
  await say(mira, 'guild-owls', 'here again');
  await shows(mira, 'Mira:', 'here again');
  faults = faults.filter((fault) => !fault.includes('WebSocket connection to'));
});

test('a guest gets into no chat, and a player who signed out is asked to sign in', async () => {
  const mira = await play('Mira', 'owls');
  await mira.getByRole('button', { name: 'Sign out' }).click();
  await mira.getByLabel('Your name').waitFor();
  const answer = await mira.request.post(`${origin}/chat-token`, { headers: { origin } });
  assert.equal(answer.status(), 401);
});

test('both pages are accessible, also on a phone', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  const form = await open(context);
  assert.deepEqual(await violations({ page: form }), []);
  const mira = await play('Mira', 'owls');
  await mira.setViewportSize({ width: 360, height: 640 });
  await say(mira, 'guild-owls', 'hello');
  await shows(mira, 'hello');
  assert.deepEqual(await violations({ page: mira }), []);
  const overflow = await mira.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
});
