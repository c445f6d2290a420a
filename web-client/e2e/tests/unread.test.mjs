// Unread lines, as a server counts them that knows the user: it is scripted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { field, message } from '../library.mjs';
import { askedFor, Scripted } from '../scripted.mjs';
import { error } from '../scripted_server.mjs';

const scripted = Scripted.forEachTest();

const line = (epoch, seq) => message(field(1, epoch), field(2, seq));
const unread = (room, seq, lines) => field(1, message(field(1, room), field(2, line(5n, seq)), field(3, lines)));

test('what was unread at the last visit is counted after the page was loaded again', async () => {
  const { server } = scripted;
  const chat = await scripted.page({ name: 'Mira' });
  await chat.join('den');
  await chat.goTo('lobby');
  server.said = 9n;
  server.rooms.den = { read: 4n };
  server.rooms.lobby = { read: 7n };
  server.answers.listUnread = () => ({ unread: message(unread('den', 4n, 5n), unread('lobby', 7n, 2n)) });
  await chat.page.reload();
  await chat.tab('den').locator('.badge').filter({ hasText: /^5$/ }).waitFor();
  const often = server.asked.filter(({ ask }) => ask === 'listUnread').length;
  assert.ok(often <= 2, `asked ${often} times, for two rooms that were joined`);
  assert.equal(await chat.tab('lobby').locator('.badge').textContent(), '', 'the user sees the lobby');

  // A user that looks at a room has read it, and the server is told.
  server.asked.length = 0;
  await chat.goTo('den');
  await chat.tab('den').locator('.badge:empty').waitFor({ state: 'attached' });
  const marked = await askedFor(server, 'markRead');
  assert.equal(`${marked[1]}`, 'den');
});

test('a list that the server cannot give is not missed', async () => {
  const { server } = scripted;
  server.said = 9n;
  server.rooms.lobby = { read: 4n };
  server.answers.listUnread = () => error(8);
  const chat = await scripted.page({ name: 'Mira' });
  await askedFor(server, 'listUnread');
  await chat.say('hello');
  await chat.hears('hello');
  assert.equal(await chat.notices.count(), 0);
});

test('an error of a search stands in its dialog, and a further page below the first', async () => {
  const { server } = scripted;
  const found = (seq, words) => field(1, message(field(1, 'lobby'), field(2, 5n), field(3, seq), field(4, 1n), field(6, 'Ben'), field(8, words)));
  server.answers.search = () => error(13);
  const chat = await scripted.page({ name: 'Mira' });
  await chat.page.getByRole('button', { name: 'Search', exact: true }).click();
  const dialog = chat.page.getByRole('dialog', { name: 'Search' });
  await dialog.getByRole('textbox').fill('gold');
  await chat.page.keyboard.press('Enter');
  await dialog.locator('#search-hint').filter({ hasText: 'The search found no answer.' }).waitFor();
  server.answers.search = (asked) => ({
    found: asked[8] ? message(found(1n, 'old gold')) : message(found(2n, 'new gold'), field(2, 'more')),
  });
  await chat.page.keyboard.press('Enter');
  await dialog.getByText('new gold').waitFor();
  await dialog.getByRole('button', { name: 'Show more' }).click();
  await dialog.getByText('old gold').waitFor();
  assert.deepEqual(await dialog.locator('.text').allTextContents(), ['new gold', 'old gold']);
  assert.ok(!(await dialog.getByRole('button', { name: 'Show more' }).isVisible()));
  await chat.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});
