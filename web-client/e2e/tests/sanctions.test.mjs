// Moderation as the page shows it to a user: what holds against it, whom it blocks, what is removed,
// and what waits. The server is scripted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { field, message } from '../library.mjs';
import { act, form, gone, inLobby, isEmpty, part, shows } from '../moderation.mjs';
import { askedFor, Scripted } from '../scripted.mjs';
import { BAN, error, KICK, member, MUTE, NOW, sanction } from '../scripted_server.mjs';

const scripted = Scripted.forEachTest();

const BANNED = 29;
const KICKED = 2n;
const BANNED_FROM_ROOM = 3n;
const PURGED = 6n;
const WHY = 'Reason: Harassment or threats. Rule: “Be kind”. Its number is 5.';

const benSays = (text, room = 'lobby') => scripted.server.say(room, 9, 'Ben', text, 'user-9');
const text = (bytes) => `${bytes ?? ''}`;

/** The texts of the messages that can be seen. */
const visible = ({ page }) => page.$$eval('#log .message .text', (all) => all.filter((it) => it.checkVisibility()).map((it) => it.textContent));

test('a muted user reads why, until when and where to appeal, and can write again at the end', async () => {
  const chat = await inLobby(scripted);
  await chat.input.fill('typed before');
  scripted.server.sanction(sanction(5, MUTE, { room: 'lobby', ends: 600_000n }));
  await shows(chat, '#rules', `You are muted in “lobby”: you cannot write anything there. ${WHY}`);
  await shows(chat, '#wait', /^This ends in (10|9) minutes\.$/);
  assert.ok(!(await chat.input.isEditable()));
  assert.ok(await part(chat, '#send').isDisabled());
  assert.equal(await chat.input.inputValue(), 'typed before');
  const appeal = chat.page.getByRole('link', { name: 'You can appeal: https://game.example/appeal' });
  assert.equal(await appeal.getAttribute('href'), 'https://game.example/appeal');
  await chat.showsNotice('You are muted in “lobby”');
  await chat.join('den');
  await isEmpty(chat, '#rules');
  assert.ok(await chat.input.isEditable(), 'another room is open');
  await chat.goTo('lobby');

  scripted.server.sanction(sanction(5, MUTE, { room: 'lobby', ends: 90_000n, appeal: 'appeals <b>@game.example' }));
  await shows(chat, '#appeal', 'You can appeal: appeals <b>@game.example');
  assert.equal(await appeal.count(), 0, 'no link');
  // The client's clock ends it, and nobody tells.
  scripted.server.sanction(sanction(5, MUTE, { room: 'lobby', ends: BigInt(Math.ceil(await chat.page.evaluate('performance.now()'))) + 2_000n }));
  await chat.showsNotice('You can write in “lobby” again.');
  await isEmpty(chat, '#rules');
  await isEmpty(chat, '#wait');
  await chat.input.press('Enter');
  await chat.hears('typed before');
});

test('a mute everywhere holds for whispers, one for days shows its day, and one can have no end', async () => {
  const chat = await inLobby(scripted);
  await part(chat, '#member-list').getByRole('button', { name: 'Ben', exact: true }).click();
  await chat.isIn('Ben');
  scripted.server.sanction(sanction(5, MUTE, { ends: 604_800_000n }));
  await shows(chat, '#rules', 'You are muted: you cannot write anything.');
  await shows(chat, '#wait', /^This ends at .*Jan 8, 2026.*\.$/);
  await chat.page.waitForFunction(() => document.querySelector('#message').readOnly);
  scripted.server.sanction(sanction(6, MUTE, {}));
  await shows(chat, '#wait', 'This has no end.');
  scripted.server.sanction();
  await chat.showsNotice('You can write again.');
  await chat.page.waitForFunction(() => !document.querySelector('#message').readOnly);
});

test('a user who was taken out of a room is told why, and joins it again', async () => {
  const chat = await inLobby(scripted);
  scripted.server.remove('lobby', KICKED, sanction(5, KICK, { room: 'lobby' }));
  await shows(chat, '#rules', `A moderator has taken you out of “lobby”. ${WHY}`);
  await isEmpty(chat, '#wait');
  assert.ok(!(await chat.input.isEditable()));
  await chat.page.getByRole('button', { name: 'Join again' }).click();
  await isEmpty(chat, '#rules');
  await chat.say('back');
  await chat.hears('back');

  const ban = sanction(6, BAN, { room: 'lobby', ends: 3_600_000n });
  scripted.server.sanction(ban);
  scripted.server.remove('lobby', BANNED_FROM_ROOM, ban);
  await shows(chat, '#rules', 'You are banned from “lobby”.');
  await shows(chat, '#wait', 'This ends in 60 minutes.');
  await gone(chat, '#join-again');
  scripted.server.sanction();
  await chat.page.getByRole('button', { name: 'Join again' }).waitFor();
  await shows(chat, '#rules', /^You are not in “lobby” any more\.$/);
});

test('a user who is banned or kicked sees that and nothing else', async () => {
  const chat = await inLobby(scripted);
  scripted.server.sanction(sanction(5, BAN, { ends: 3_600_000n }));
  scripted.server.close(3503, 'banned');
  const ended = chat.page.getByRole('heading', { name: 'You are banned from this chat.' });
  await ended.waitFor();
  await shows(chat, '#reason', WHY);
  await shows(chat, '#reason', /^This ends at .*2026/);
  await chat.page.getByRole('link', { name: 'You can appeal: https://game.example/appeal' }).waitFor();
  await chat.page.waitForFunction(() => document.activeElement.id === 'ended');
  for (const hidden of ['.rooms', '#log', '.composer']) assert.ok(!(await part(chat, hidden).isVisible()), hidden);

  const until = `${NOW + 3_600_000n}`;
  scripted.server.answers.hello = () => error(BANNED, ['', until, '2', 'Be kind', '5', '']);
  await chat.page.getByRole('button', { name: 'Connect again' }).click();
  await askedFor(scripted.server, 'hello', 2);
  await chat.shows('Disconnected');
  await ended.waitFor();
  delete scripted.server.answers.hello;
  await chat.page.getByRole('button', { name: 'Connect again' }).click();
  await chat.shows('Connected');
  await gone(chat, '#ended');
  assert.ok(await part(chat, '#log').isVisible());

  scripted.server.remove('lobby', KICKED, sanction(6, KICK, {}));
  scripted.server.close(3504, 'kicked');
  await chat.page.getByRole('heading', { name: 'You were taken off the chat. You may connect again.' }).waitFor();
  await shows(chat, '#reason', 'Rule: “Be kind”.');
});

test('a user who is banned before the chat begins reads until when and why', async () => {
  scripted.server.answers.hello = () => error(BANNED, ['', '0', '1', 'Say it once', '8', 'appeals@game.example']);
  const chat = await scripted.page({ settled: false });
  await chat.introduce('Mira');
  await chat.page.getByRole('heading', { name: 'You are banned from this chat.' }).waitFor();
  await shows(chat, '#reason', 'This has no end. Reason: Spam or advertising. Rule: “Say it once”. Its number is 8. You can appeal: appeals@game.example');
});

test('what a blocked user has said vanishes, and is there again when the block ends', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted);
  benSays('rude');
  await chat.hears('rude');
  server.say('lobby', 11, 'Cleo', 'kind');
  await chat.hears('kind');
  await chat.join('den');
  benSays('rude again');
  await chat.goTo('lobby');
  await chat.hears('rude again');
  await chat.goTo('den');
  benSays('unseen');
  await chat.goTo('lobby');
  let blocked = [member(9, 'Ben', 'user-9')];
  const blocks = () => ({ blocks: message(...blocked.map((it) => field(1, it))) });
  Object.assign(server.answers, { block: blocks, listBlocks: blocks });
  await act(chat, /rude again/, 'Block Ben');
  assert.equal(text((await askedFor(server, 'block'))[2]), 'user-9', 'an account is meant by itself');
  await chat.showsNotice('You block Ben now');
  assert.deepEqual((await visible(chat)), ['kind']);
  const people = part(chat, '#member-list .member bdi');
  assert.deepEqual(await people.allTextContents(), ['Mira']);
  // In the textbox, since the button that was pressed is gone.
  assert.equal(await chat.page.evaluate('document.activeElement.id'), 'message');

  await chat.page.getByRole('button', { name: 'People you block' }).click();
  const list = form(chat, 'People you block');
  const unblock = list.getByRole('button', { name: 'Unblock Ben' });
  // The list was asked for, and comes before the server is told of another one.
  await unblock.waitFor();
  blocked = [];
  server.answers.listMembers = () => ({ members: message(field(1, 'lobby'), field(2, 3n), field(3, 1n), ...[member(7, 'Mira'), member(9, 'Ben', 'user-9'), member(11, 'Cleo')].map((it) => field(4, it))) });
  await unblock.click();
  await list.getByText('You block nobody.').waitFor();
  await list.getByRole('button', { name: 'Close' }).click();
  assert.deepEqual(await visible(chat), ['rude', 'kind', 'rude again', 'unseen']);
  await chat.showsNotice('You do not block Ben any more.');
  // A user who came meanwhile is there, too, and no notice lists them.
  await people.filter({ hasText: 'Cleo' }).waitFor();
  assert.deepEqual(await people.allTextContents(), ['Ben', 'Cleo', 'Mira']);
  assert.ok(!(await chat.notices.allTextContents()).some((it) => it.includes('are:')));
});

test('whispers with a blocked user are hidden, and another conversation is shown', async () => {
  const chat = await inLobby(scripted);
  await part(chat, '#member-list').getByRole('button', { name: 'Ben', exact: true }).click();
  await chat.isIn('Ben');
  scripted.server.block(member(9, 'Ben', 'user-9'));
  await chat.isIn('lobby');
  assert.deepEqual(await chat.tabs.allTextContents(), ['lobby']);
  scripted.server.block();
  await chat.tab('Ben').waitFor();
});

test('what was purged is nowhere, neither in replies nor in a tab that is not shown', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted);
  benSays('xyzzy');
  await chat.hears('xyzzy');
  await act(chat, 'xyzzy', 'Reply');
  await chat.page.keyboard.press('Escape');
  await chat.join('den');
  benSays('xyzzy, unseen');
  server.say('lobby', 11, 'Cleo', 'good');
  await shows(chat, '[role=tab] .badge', '2');
  server.sweep('lobby', 3n, PURGED, 9);
  await shows(chat, '[role=tab] .badge', '1');
  await chat.goTo('lobby');
  await chat.hears('good');
  assert.deepEqual(await chat.texts(), ['good']);
  assert.ok(!(await chat.page.content()).includes('xyzzy'));
});

test('a held message waits for a moderator, and one that is rejected says why', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted);
  const nonces = [];
  server.answers.say = (_, id) => {
    nonces.push(id);
    return { held: '' };
  };
  await chat.say('one');
  await chat.say('two');
  const held = part(chat, '[data-state=held]');
  await held.nth(1).waitFor();
  assert.deepEqual(await held.locator('.delivery').allTextContents(), Array(2).fill('This message waits for a moderator.'));
  server.say('lobby', 7, 'Mira', 'one', '', '', nonces[0]);
  await chat.hears('one');
  server.reject('lobby', nonces[1], 'Not here.');
  await shows(chat, '[data-state=failed] .delivery', 'Not sent: A moderator has rejected this message. Not here.');
  await chat.page.getByRole('button', { name: 'Discard' }).click();
  await gone(chat, '[data-nonce]');
});

test('a user whom the game moves goes on in the new room, and is told', async () => {
  const chat = await inLobby(scripted);
  await chat.say('before');
  await chat.hears('before');
  scripted.server.move('lobby', 'match');
  await chat.isIn('match');
  await chat.showsNotice('The game has put you into “match”.');
  assert.deepEqual(await chat.tabs.allTextContents(), ['match']);
});
