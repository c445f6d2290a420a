// examples/game-backend with the chat server and real browsers: players sign in with the game,
// and chat with their guild and their team.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { violations } from '../accessibility.mjs';
import { Game, isReady, say, shows } from '../game.mjs';
import { launch } from '../page.mjs';

let browser;
let game;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

beforeEach(async () => {
  game = await Game.start(browser);
});

afterEach(async () => {
  await game.end();
  assert.deepEqual(game.faults, []);
});

const roomsOf = (page) => page.locator('#room option').allTextContents();

test('players chat with their guild and their team, and with nobody else', async () => {
  const mira = await game.play('Mira', 'owls');
  const bo = await game.play('Bo', 'owls');
  const cleo = await game.play('Cleo', 'foxes');
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
  const one = await game.play('Mira', 'owls');
  const two = await game.open(one.context());
  await isReady(two);
  await say(one, 'guild-owls', 'from the first tab');
  await shows(two, 'Mira:', 'from the first tab');
  await say(two, 'guild-owls', 'from the second tab');
  await shows(one, 'Mira:', 'from the second tab');
  assert.equal(await two.locator('#me').textContent(), 'Mira');
});

test('a server that was away gets its players back with tokens', async () => {
  const mira = await game.play('Mira', 'owls');
  await game.chat.kill();
  await mira.getByRole('status').getByText('waiting').waitFor();
  // The browser tells of the connection that was lost.
  game.faults = game.faults.filter((fault) => !fault.includes('WebSocket connection to'));
  await game.chat.restart();
  await isReady(mira);
  await say(mira, 'guild-owls', 'here again');
  await shows(mira, 'Mira:', 'here again');
  game.faults = game.faults.filter((fault) => !fault.includes('WebSocket connection to'));
});

test('a guest gets into no chat, and a player who signed out is asked to sign in', async () => {
  const mira = await game.play('Mira', 'owls');
  await mira.getByRole('button', { name: 'Sign out' }).click();
  await mira.getByLabel('Your name').waitFor();
  const answer = await mira.request.post(`${game.origin}/chat-token`, { headers: { origin: game.origin } });
  assert.equal(answer.status(), 401);
});

test('both pages are accessible, also on a phone', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } });
  const form = await game.open(context);
  assert.deepEqual(await violations({ page: form }), []);
  const mira = await game.play('Mira', 'owls');
  await mira.setViewportSize({ width: 360, height: 640 });
  await say(mira, 'guild-owls', 'hello');
  await shows(mira, 'hello');
  assert.deepEqual(await violations({ page: mira }), []);
  const overflow = await mira.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
});
