// Moderation as the page offers it about other users and about a room: reports, what moderators do, and the
// settings of a room. The server is scripted; `moderation_with_restart.test.mjs` has the real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { field, message } from '../library.mjs';
import { act, form, gone, inLobby, part, shows } from '../moderation.mjs';
import { askedFor, Scripted } from '../scripted.mjs';
import { BAN, error, KICK, member, MUTE, sanction, settings } from '../scripted_server.mjs';

const scripted = Scripted.forEachTest();

const ALREADY_REPORTED = 32;
const IS_MODERATOR = 35;
const HARASSMENT = 2n;
const CLEARED = 5n;
const PURGED = 6n;
const PHONE = { viewport: { width: 390, height: 844 } };

const benSays = (text, room = 'lobby') => scripted.server.say(room, 9, 'Ben', text, 'user-9');
const text = (bytes) => `${bytes ?? ''}`;

test('a report has a reason and a note, and the page shows its receipt', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted);
  benSays('an insult');
  await chat.hears('an insult');
  await act(chat, 'an insult', 'Report…');
  const report = form(chat, 'Report to the moderators');
  await report.getByText('Ben: an insult').waitFor();
  const send = report.getByRole('button', { name: 'Send the report' });
  await send.click();
  await report.getByRole('alert').filter({ hasText: 'Choose a reason' }).waitFor();
  assert.equal(await chat.page.evaluate('document.activeElement.id'), 'form-reason');
  await report.getByLabel('Reason').selectOption('Hatred');
  await report.getByLabel('What should they know?').fill('It is not the first time');
  server.answers.report = () => error(ALREADY_REPORTED);
  await send.click();
  await report.getByRole('alert').filter({ hasText: 'You have reported this already.' }).waitFor();
  server.answers.report = () => ({ reported: message(field(1, 41n)) });
  await send.click();
  await report.getByText('The moderators have your report. Its number is 41.').waitFor();
  const { 1: room, 2: line, 6: reason, 7: note } = await askedFor(server, 'report', 2);
  assert.deepEqual([text(room), reason, text(note)], ['lobby', 3n, 'It is not the first time']);
  assert.deepEqual(line, message(field(1, 5n), field(2, 1n)));
  assert.ok(!(await send.isVisible()));
  await report.getByRole('button', { name: 'Close' }).click();
  await gone(chat, '#form-dialog');

  server.decide(41n, 1n, 'Thank you.');
  await chat.showsNotice('Your report 41 was looked at, and something was done about it. Thank you.');
});

test('a member is reported by keyboard alone, in German', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted, {}, { locale: 'de-DE' });
  server.answers.report = () => ({ reported: message(field(1, 42n)) });
  const { keyboard } = chat.page;
  await part(chat, '#member-list button.member').focus();
  await keyboard.press('Tab');
  assert.equal(await chat.page.evaluate('document.activeElement.textContent'), 'Aktionen für Ben');
  await keyboard.press('Enter');
  await chat.page.getByRole('dialog', { name: 'Aktionen für Ben' }).waitFor();
  await chat.page.getByRole('button', { name: 'Melden…' }).focus();
  await keyboard.press('Enter');
  await form(chat, 'Den Moderatoren melden').waitFor();
  assert.equal(await chat.page.evaluate('document.activeElement.id'), 'form-reason');
  await keyboard.type('Be');
  await keyboard.press('Tab');
  await keyboard.type('Sie weiß schon');
  await keyboard.press('Enter');
  await chat.page.getByText('Die Moderatoren haben deine Meldung. Ihre Nummer ist 42.').waitFor();
  const { 5: name, 6: reason, 7: note } = await askedFor(server, 'report');
  assert.deepEqual([text(name), text(note)], ['user-9', 'Sie weiß schon']);
  assert.equal(reason, HARASSMENT);
  await keyboard.press('Escape');
  await gone(chat, '#form-dialog');
  assert.equal(await chat.page.evaluate('document.activeElement.textContent'), 'Aktionen für Ben', 'the focus goes back');
});

test('a whisper of another user is reported from its menu', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted);
  server.answers.report = () => ({ reported: message(field(1, 43n)) });
  server.whisper(9, 'Ben', 1n, 'psst, idiot');
  await chat.goTo('Ben');
  await chat.hears('psst, idiot');
  await act(chat, 'psst, idiot', 'Report…');
  const report = form(chat, 'Report to the moderators');
  await report.getByText('Ben: psst, idiot').waitFor();
  await report.getByLabel('Reason').selectOption('Harassment or threats');
  await report.getByRole('button', { name: 'Send the report' }).click();
  await report.getByText('Its number is 43.').waitFor();
  assert.equal((await askedFor(server, 'report'))[3], 1n, 'the number of the whisper');
});

test('a moderator mutes, takes out, bans and purges, and reads why it is refused', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted, { mayModerate: true, mayRemove: true });
  benSays('spam');
  await chat.hears('spam');
  const moderate = form(chat, 'Moderate Ben');
  const open = () => act(chat, 'spam', 'Moderate…');
  const apply = async (times) => {
    await moderate.getByRole('button', { name: 'Apply' }).click();
    return askedFor(server, 'impose', times);
  };
  const imposed = (kind) => () => ({ imposed: message(field(1, message(field(1, 5n), field(2, kind), field(3, 'lobby'), field(10, member(9, 'Ben'))))) });

  server.answers.impose = () => error(IS_MODERATOR, ['Ben']);
  await open();
  assert.ok(!(await moderate.getByLabel('Where').isVisible()), 'the user moderates this room alone');
  await moderate.getByLabel('For how long').selectOption('1 h');
  await moderate.getByLabel('Reason').selectOption('Spam or advertising');
  await moderate.getByLabel('The rule, for them to read').fill('Say it once');
  await moderate.getByLabel('Also guests from the same address').check();
  const mute = await apply(1);
  await moderate.getByRole('alert').filter({ hasText: '“Ben” is a moderator, too.' }).waitFor();
  const { 1: kind, 2: room, 4: user, 5: seconds, 6: reason, 7: rule, 9: address } = mute;
  assert.deepEqual([kind, text(room), text(user), seconds, reason, text(rule), address], [MUTE, 'lobby', 'user-9', 3_600n, 1n, 'Say it once', 1n]);
  server.answers.impose = imposed(MUTE);
  await apply(2);
  await gone(chat, '#form-dialog');
  await chat.showsNotice('Ben is muted in “lobby”.');

  server.answers.impose = imposed(KICK);
  await open();
  await moderate.getByLabel('Action').selectOption('Take out');
  assert.ok(!(await moderate.getByLabel('For how long').isVisible()));
  await moderate.getByLabel('Reason').selectOption('Hatred');
  const kick = await apply(3);
  assert.deepEqual([kick[1], kick[5], kick[9]], [KICK, undefined, undefined]);
  await chat.showsNotice('Ben was taken out of “lobby”.');

  server.answers.impose = imposed(BAN);
  await open();
  await moderate.getByLabel('Action').selectOption('Ban');
  await moderate.getByLabel('For how long').selectOption('Without an end');
  await moderate.getByLabel('Reason').selectOption('Hatred');
  const ban = await apply(4);
  assert.deepEqual([ban[1], ban[5]], [BAN, undefined]);
  await gone(chat, '#form-dialog');

  server.answers.purge = () => {
    server.sweep('lobby', 1n, PURGED, 9);
    return { purged: message(field(1, 1n)) };
  };
  await open();
  await moderate.getByLabel('Action').selectOption('Remove all messages');
  assert.ok(!(await moderate.getByLabel('Reason').isVisible()));
  await moderate.getByRole('button', { name: 'Apply' }).click();
  await chat.showsNotice('Everything that Ben has said in one room is removed.');
  assert.deepEqual([await chat.messages.count(), text((await askedFor(server, 'purge'))[3])], [0, 'user-9']);
});

test('a moderator of all rooms chooses where, also from whispers', async () => {
  const { server } = scripted;
  server.welcome = [field(16, 1n)];
  server.rooms.lobby = { settings: settings({ mayModerate: true }), members: [member(7, 'Mira'), member(9, 'Ben')] };
  const chat = await scripted.page({ name: 'Mira' });
  const menu = chat.page.getByRole('button', { name: 'Actions for Ben' });
  await menu.click();
  await chat.page.getByRole('button', { name: 'Moderate…' }).click();
  const moderate = form(chat, 'Moderate Ben');
  await moderate.getByLabel('Where').selectOption('Everywhere');
  await moderate.getByLabel('Reason').selectOption('Hatred');
  await moderate.getByRole('button', { name: 'Apply' }).click();
  const { 2: room, 3: user } = await askedFor(server, 'impose');
  assert.deepEqual([room, user], [undefined, 9n]);
});

test('a player has none of the menus of moderators', async () => {
  const chat = await inLobby(scripted);
  benSays('hello');
  await chat.hears('hello');
  assert.ok(!(await part(chat, '#room-settings').isVisible()));
  await chat.messages.locator('.more').click();
  const shown = await part(chat, '#line-menu').getByRole('button').allTextContents();
  assert.deepEqual(shown.slice(5), ['Reply', 'Whisper to Ben', 'Block Ben', 'Report…', 'Close']);
});

test('a moderator sets slow mode and announcements, and removes all messages after a question', async () => {
  const { server } = scripted;
  const chat = await inLobby(scripted, { mayModerate: true, slowMode: 2_000 });
  benSays('one');
  await chat.say('two');
  await chat.hears('two');
  const open = chat.page.getByRole('button', { name: 'Room settings' });
  await open.click();
  const room = form(chat, 'Room settings');
  assert.equal(await room.getByLabel('Slow mode').inputValue(), '2', 'what holds now, if it is not on the list');
  await room.getByLabel('Slow mode').selectOption('30 s');
  server.answers.changeRoom = () => ({ roomChanged: message(field(1, 'lobby'), field(2, settings({ mayModerate: true, slowMode: 30_000 }))) });
  await room.getByRole('button', { name: 'Apply' }).click();
  const { 1: name, 3: slow, 4: announce } = await askedFor(server, 'changeRoom');
  assert.deepEqual([text(name), slow, announce], ['lobby', 30n, undefined], 'what stays is not sent');
  await gone(chat, '#form-dialog');
  await shows(chat, '#rules', 'Slow mode: one message in 30 s.');
  await open.click();
  await room.getByLabel('Only a few may write').check();
  await room.getByRole('button', { name: 'Apply' }).click();
  assert.equal((await askedFor(server, 'changeRoom', 2))[4], 1n);
  await gone(chat, '#form-dialog');

  await open.click();
  await room.getByRole('button', { name: 'Remove all messages…' }).click();
  const question = form(chat, 'Remove all messages of “lobby”?');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await gone(chat, '#form-dialog');
  assert.ok(!server.asked.some(({ ask }) => ask === 'clear'));
  await open.click();
  await room.getByRole('button', { name: 'Remove all messages…' }).click();
  server.answers.clear = () => {
    server.sweep('lobby', 2n, CLEARED);
    return { cleared: '' };
  };
  await question.getByRole('button', { name: 'Remove all' }).click();
  await chat.showsNotice('Everything that was said in “lobby” is removed.');
  await chat.showsNotice('Ada has removed everything that was said here.');
  assert.equal(await chat.messages.count(), 0);
  benSays('a new beginning');
  await chat.hears('a new beginning');
});

test('on a phone, menus and forms fit', async () => {
  const chat = await inLobby(scripted, { mayModerate: true, mayRemove: true }, PHONE);
  benSays('hello');
  await chat.hears('hello');
  await chat.messages.locator('.more').click();
  const fits = async (selector) => {
    const box = await part(chat, selector).boundingBox();
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 390 && box.y + box.height <= 844, `${selector}: ${JSON.stringify(box)}`);
  };
  await fits('#line-menu');
  await chat.page.getByRole('button', { name: 'Moderate…' }).click();
  await form(chat, 'Moderate Ben').waitFor();
  await fits('#form-dialog');
  await chat.page.keyboard.press('Escape');
  await part(chat, '#people').click();
  await chat.page.getByRole('button', { name: 'Actions for Ben' }).click();
  await fits('#line-menu');
  await chat.page.getByRole('button', { name: 'Whisper to Ben' }).click();
  await chat.isIn('Ben');
  await gone(chat, '#members');
  scripted.server.sanction(sanction(5, MUTE, { ends: 600_000n, rule: 'a rule of many words '.repeat(24) }));
  await shows(chat, '#rules', 'You are muted');
  assert.deepEqual(await chat.sideways(), { page: 0, log: 0 });
  assert.ok((await part(chat, '#log').boundingBox()).height > 300, 'the messages have their place');
});
