// Rooms with rules, as the page shows them: what holds, what changes, and what a user may not
// do. The server is scripted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askedFor, Scripted } from '../scripted.mjs';
import { error, member, settings } from '../scripted_server.mjs';

const scripted = Scripted.forEachTest();

const FORBIDDEN = 20;
const ROOM_FULL = 21;

/** Opens a page in the lobby, where this holds. */
async function inLobby(holds, options = {}) {
  scripted.server.rooms.lobby = { settings: settings(holds) };
  return scripted.page({ name: 'Mira', ...options });
}

/** Other settings hold in the lobby. */
const change = (holds) => scripted.server.change('lobby', holds);
const shows = (chat, selector, words) => chat.page.locator(selector).filter({ hasText: words }).waitFor();
const isEmpty = (chat, selector) => chat.page.locator(`${selector}:empty`).waitFor({ state: 'attached' });

test('the topic is above the messages, and follows the room', async () => {
  const chat = await inLobby({ topic: 'Trade <b>only</b>' });
  await shows(chat, '#topic', /^Trade <b>only<\/b>$/);
  assert.equal(await chat.page.locator('#topic *').count(), 0, 'no markup');
  await chat.join('den');
  await chat.page.locator('#topic').waitFor({ state: 'hidden' });
  await chat.goTo('lobby');
  change({ topic: 'Everything' });
  await shows(chat, '#topic', 'Everything');
});

test('where the user may not say anything, the input is closed and says why', async () => {
  const chat = await inLobby({});
  await chat.input.fill('typed before');
  change({ readOnly: true, announceOnly: true });
  await shows(chat, '#rules', 'Only a few may say something here. You may not say anything here.');
  assert.ok(!(await chat.input.isEditable()));
  assert.ok(await chat.page.locator('#send').isDisabled());
  assert.equal(await chat.input.inputValue(), 'typed before');
  const described = (await chat.input.getAttribute('aria-describedby')).split(' ');
  assert.ok(described.includes('rules'), 'a screen reader tells why');
  await chat.input.press('Enter');

  change({ announceOnly: true });
  await shows(chat, '#rules', /^Only a few may say something here\.$/);
  assert.ok(await chat.input.isEditable());
  await chat.input.press('Enter');
  await chat.hears('typed before');
  assert.equal(scripted.server.asked.filter(({ ask }) => ask === 'say').length, 1);
});

test('another conversation is open while one is closed', async () => {
  const chat = await inLobby({ readOnly: true });
  await shows(chat, '#rules', 'You may not say anything here.');
  await chat.join('den');
  await isEmpty(chat, '#rules');
  await chat.say('hello den');
  await chat.hears('hello den');
  await chat.goTo('lobby');
  assert.ok(!(await chat.input.isEditable()));
});

test('slow mode counts down beside the textbox, without telling each second aloud', async () => {
  const chat = await inLobby({ slowMode: 2_500 });
  await shows(chat, '#rules', 'Slow mode: one message in 3 s.');
  await isEmpty(chat, '#wait');
  await chat.say('first');
  await chat.hears('first');
  await shows(chat, '#wait', /^You can say something again in [123] s\.$/);
  assert.equal(await chat.page.locator('#wait').getAttribute('role'), 'timer');
  assert.equal(await chat.page.locator('#wait').getAttribute('aria-live'), null);
  await isEmpty(chat, '#wait');
});

test('the counter knows the longest text of the room', async () => {
  const chat = await inLobby({ textBytes: 20 });
  await shows(chat, '#rules', 'Messages are short here: at most 20 bytes.');
  await chat.input.fill('x'.repeat(25));
  await shows(chat, '#counter', '5');
  await chat.input.press('Enter');
  await shows(chat, '#hint', '20');
  await chat.input.fill('short');
  await chat.input.press('Enter');
  await chat.hears('short');
});

test('a user who is taken out of a room can still read it', async () => {
  const chat = await inLobby({});
  await chat.say('before');
  await chat.hears('before');
  scripted.server.remove('lobby');
  const reason = 'You are not in “lobby” any more: the game does not allow it.';
  await chat.showsNotice(reason);
  await shows(chat, '#rules', reason);
  await chat.hears('before');
  assert.ok(!(await chat.input.isEditable()));
  await chat.page.locator('#people').waitFor({ state: 'hidden' });

  // The user joins it again, and the room's lines come once more.
  await chat.join('lobby');
  await isEmpty(chat, '#rules');
  assert.deepEqual(await chat.tabs.allTextContents(), ['lobby']);
  await chat.say('after');
  await chat.hears('after');
  scripted.server.remove('lobby');
  await shows(chat, '#rules', reason);
  await chat.page.getByRole('button', { name: 'Leave lobby' }).click();
  await isEmpty(chat, '#rules');
  assert.equal(await chat.tabs.count(), 0);
});

test('the next visit does not ask for a room that the user was taken out of', async () => {
  const chat = await inLobby({});
  await chat.join('den');
  scripted.server.remove('lobby');
  await chat.goTo('lobby');
  await chat.showsNotice('any more');
  scripted.server.asked.length = 0;
  await chat.page.reload();
  await chat.isIn('den');
  const rooms = scripted.server.asked.filter(({ ask }) => ask === 'join').map(({ fields }) => `${fields[1]}`);
  assert.deepEqual(rooms, ['den']);
});

test('the dialog says why a room cannot be joined, and joins one that was full later', async () => {
  const chat = await inLobby({});
  const dialog = chat.page.getByRole('dialog', { name: 'Join a room' });
  const ask = async (room) => {
    await dialog.getByRole('textbox').fill(room);
    await dialog.getByRole('button', { name: 'Join', exact: true }).click();
  };
  await chat.page.getByRole('button', { name: 'Join a room', exact: true }).click();
  scripted.server.answers.join = () => error(FORBIDDEN, ['vault', 'join']);
  await ask('vault');
  await dialog.getByRole('alert').filter({ hasText: 'You may not enter the room “vault”.' }).waitFor();
  let refusals = 1;
  scripted.server.answers.join = () => (refusals-- > 0 ? error(ROOM_FULL, ['arena', '2'], 1_000) : undefined);
  await ask('arena');
  await dialog.getByRole('alert').filter({ hasText: 'You join “arena” as soon as that is possible.' }).waitFor();
  // The user is not taken away from what is shown meanwhile.
  await chat.tab('arena').waitFor();
  await chat.isIn('lobby');
  await dialog.waitFor({ state: 'hidden' });
});

test('what the user may not see is said in words', async () => {
  scripted.server.rooms.lobby = { members: [] };
  const chat = await inLobby({ noMembers: true, noHistory: true });
  scripted.server.say('lobby', 9, 'Ben', 'hi');
  await chat.hears('hi');
  await shows(chat, '#members', 'You do not see here who else is here.');
  await shows(chat, '#older', 'You do not see here what was said before.');
  assert.ok(!scripted.server.asked.some((it) => it.ask === 'fetchHistory'));
});

test('the rules are in the language that the user chooses', async () => {
  const chat = await inLobby({ readOnly: true });
  await shows(chat, '#rules', 'You may not say anything here.');
  await chat.page.locator('#language').selectOption('de');
  await shows(chat, '#rules', 'Du darfst hier nichts sagen.');
});

test('a phone shows long topics and rules without scrolling sideways', async () => {
  scripted.server.rooms.lobby = { members: [member(7, 'Mira'), member(9, 'Ben')] };
  const chat = await inLobby(
    { topic: `https://example.org/${'long'.repeat(60)}`, readOnly: true, announceOnly: true, noHistory: true },
    { viewport: { width: 375, height: 667 } },
  );
  await shows(chat, '#rules', 'You may not say anything here.');
  assert.deepEqual(await chat.sideways(), { page: 0, log: 0 });
  assert.ok((await chat.log.boundingBox()).height > 200, 'the messages have room');
  await askedFor(scripted.server, 'join');
});
