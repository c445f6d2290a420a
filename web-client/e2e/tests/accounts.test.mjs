// Users with accounts, as the page shows them: tokens that the game gives, what it shows of
// users, and one user on several devices. The server is scripted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { field } from '../library.mjs';
import { askedFor, Scripted } from '../scripted.mjs';
import { member, settings } from '../scripted_server.mjs';

const scripted = Scripted.forEachTest();

const INFO = JSON.stringify({ color: '#ff0000', badge: 'Elder', avatar: 'https://pictures.example/ben.png' });
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64');

/** Tokens that the game's script gives: the first is "token 1". */
const GAME = 'let asked = 0; globalThis.guildhall = { getToken: async () => `token ${asked += 1}` };';

/** Opens a page that gets tokens: nobody asks for a name. */
async function withTokens(options = {}) {
  const chat = await scripted.page({ settled: false, ...options });
  await chat.page.locator('#status[data-state=online]').waitFor();
  return chat;
}

test('a game gives tokens, and nobody asks for a name', async () => {
  scripted.server.game = GAME;
  scripted.server.welcome = [field(3, 'Mira of the game'), field(10, 600n), field(11, 'user-7'), field(15, 0n)];
  const chat = await withTokens();
  const { 5: token, 2: name } = await askedFor(scripted.server, 'hello');
  assert.equal(`${token}`, 'token 1');
  assert.equal(name, undefined);
  assert.ok(!(await chat.page.locator('#name-dialog').isVisible()));
  assert.equal(await chat.ownName.textContent(), 'Mira of the game');

  scripted.server.close(3002, 'token expired');
  const { 5: next } = await askedFor(scripted.server, 'hello', 2);
  assert.equal(`${next}`, 'token 2');
  await chat.page.locator('#status[data-state=online]').waitFor();
});

test('the address of the page gives no token', async () => {
  const chat = await scripted.page({ name: 'Mira', path: '?token=secret' });
  const { 5: token, 2: name } = await askedFor(scripted.server, 'hello');
  assert.equal(token, undefined);
  assert.equal(`${name}`, 'Mira');
  await chat.shows('Connected');
});

test('a game that gives no token now is asked again, and the page says why it waits', async () => {
  scripted.server.game = `let fails = 1; globalThis.guildhall = {
    getToken: async () => { if (fails-- > 0) throw new Error('The guild is closed.'); return 'late'; },
  };`;
  const chat = await scripted.page({ settled: false });
  await chat.page.locator('#reason').filter({ hasText: 'The guild is closed.' }).waitFor();
  await chat.page.locator('#status[data-state=online]').waitFor();
  assert.equal(`${(await askedFor(scripted.server, 'hello'))[5]}`, 'late');
});

test('a user whom the game does not let in is told', async () => {
  scripted.server.game = GAME;
  const chat = await withTokens();
  scripted.server.close(3501, 'bad token');
  await chat.page.locator('#status[data-state=closed]').waitFor();
  await chat.page.locator('#reason').filter({ hasText: 'The game did not let you in.' }).waitFor();
});

test('a name that the game gives cannot be changed, and the dialog says so', async () => {
  scripted.server.game = GAME;
  scripted.server.welcome = [field(11, 'user-7'), field(15, 0n)];
  const chat = await withTokens();
  await chat.page.locator('#own').click();
  const dialog = chat.page.locator('#name-dialog');
  await dialog.getByRole('alert').filter({ hasText: 'Your name is the game’s' }).waitFor();
  assert.ok(!(await dialog.getByRole('textbox').isEditable()));
  await chat.page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  assert.ok(!scripted.server.asked.some(({ ask }) => ask === 'rename'));
});

test('badges and colours of the game are shown, as text and with contrast', async () => {
  const hostile = JSON.stringify({ color: 'red;}', badge: '<img src=x onerror=alert(1)>', avatar: 'javascript:alert(1)' });
  scripted.server.rooms.lobby = { members: [member(7, 'Mira'), member(9, 'Ben', 'user-9', INFO), member(11, 'Mallory', 'm', hostile)] };
  const chat = await scripted.page({ name: 'Mira' });
  scripted.server.say('lobby', 9, 'Ben', 'hello', 'user-9', INFO);
  await chat.hears('hello');
  scripted.server.say('lobby', 11, 'Mallory', 'attack', 'm', hostile);
  await chat.hears('attack');
  const speakers = chat.messages.locator('.speaker');
  assert.deepEqual(await speakers.allTextContents(), ['Ben Elder', 'Mallory <img src=x onerr']);
  const people = chat.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByRole('button', { name: 'Ben Elder' }).waitFor();
  assert.equal(await chat.page.locator('#log img, #members img').count(), 0, 'no picture and no markup');
  // The hue is the game's. Lightness is that of all names.
  const colour = (it) => it.evaluate((element) => getComputedStyle(element).color);
  const [ben, mallory] = [await colour(speakers.nth(0)), await colour(speakers.nth(1))];
  const parts = (css) => css.match(/oklch\(([\d.]+) ([\d.]+) ([\d.]+)/).slice(1).map(Number);
  assert.equal(parts(ben)[0], parts(mallory)[0]);
  assert.ok(parts(ben)[1] <= 0.121, ben);
  assert.ok(Math.abs(parts(ben)[2] - 29.2) < 1, `red: ${ben}`);
  const other = await chat.page.locator('.colored').count();
  assert.equal(other, 2, 'in the log and on the list');
});

test('pictures are loaded of the origins that the game names, and of no others', async () => {
  scripted.server.game = 'globalThis.guildhall = { pictureOrigins: ["https://pictures.example"] };';
  const far = JSON.stringify({ avatar: 'https://elsewhere.example/a.png' });
  scripted.server.rooms.lobby = { members: [member(7, 'Mira'), member(9, 'Ben', 'user-9', INFO), member(11, 'Cleo', 'c', far)] };
  const asked = [];
  const chat = await scripted.page({ settled: false });
  await chat.page.route(/example/, async (route) => {
    asked.push([route.request().url(), await route.request().headerValue('referer')]);
    await route.fulfill({ contentType: 'image/png', body: PIXEL });
  });
  await chat.introduce('Mira');
  const picture = chat.page.locator('#member-list img');
  await picture.waitFor();
  assert.equal(await picture.count(), 1);
  assert.equal(await picture.getAttribute('loading'), 'lazy');
  assert.equal(await picture.getAttribute('alt'), '');
  await chat.page.waitForFunction(() => document.querySelector('#member-list img').complete);
  assert.deepEqual(asked, [['https://pictures.example/ben.png', null]]);
  chat.faults = chat.faults.filter((fault) => fault !== 'request: https://pictures.example/ben.png');
});

test('what the user says on another device is their own here', async () => {
  const chat = await scripted.page({ name: 'Mira' });
  scripted.server.say('lobby', 7, 'Mira', 'from my phone', 'user-7', '', 3n, 99n);
  await chat.hears('from my phone');
  assert.equal((await chat.message(0)).own, true);
  assert.equal(await chat.outbox.count(), 0);
  await chat.say('from here');
  await chat.hears('from here');
  assert.equal((await chat.message(1)).own, true);
  assert.equal(await chat.messages.count(), 2);
});

test('a new token can change what the user may do, at once', async () => {
  scripted.server.game = GAME;
  scripted.server.rooms.lobby = { settings: settings({ readOnly: true }) };
  const chat = await withTokens();
  await chat.page.locator('#rules').filter({ hasText: 'You may not say anything here.' }).waitFor();
  scripted.server.change('lobby', {});
  await chat.page.locator('#rules:empty').waitFor({ state: 'attached' });
  await chat.say('let in');
  await chat.hears('let in');
});
