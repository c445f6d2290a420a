// Many users that join and leave do not hide the conversation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

/** Waits until this many members are in the room, the page's own user included. */
function members(chat, count) {
  return chat.page.locator('#count').filter({ hasText: new RegExp(`^${count}$`) }).waitFor();
}

async function join(count) {
  const clients = [];
  for (let number = 0; number < count; number += 1) {
    clients.push(await fixture.tutorialClient(`client ${number}`));
  }
  return clients;
}

test('when a crowd comes and leaves, the log stays readable', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.say('before the crowd');
  const crowd = await join(90);
  await members(anna, 91);
  for (const client of crowd) client.tell({ do: 'close' });
  await members(anna, 1);
  await anna.say('behind the crowd');
  await anna.hears('behind the crowd');
  // One for those who made it more than 30, and one for the last 29: both in one note.
  const notes = await anna.notices.allTextContents();
  assert.ok(notes.length <= 1, notes.join('\n'));
});

test('many that come, and many that leave, are one note', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const crowd = await join(20);
  await members(anna, 21);
  assert.deepEqual(await anna.notices.allTextContents(), ['20 people joined.']);
  for (const client of crowd.slice(0, 3)) client.tell({ do: 'close' });
  await members(anna, 18);
  const names = crowd.slice(0, 3).map(({ id }) => `Guest ${id}`);
  assert.equal(await anna.notices.count(), 1);
  const note = await anna.notices.textContent();
  assert.match(note, /^17 people joined\. Guest \d+, Guest \d+, Guest \d+ left\.$/);
  for (const name of names) assert.ok(note.includes(name), note);

  // A line ends the note, and another language changes it.
  await anna.say('so few?');
  await anna.hears('so few?');
  for (const client of crowd.slice(3)) client.tell({ do: 'close' });
  await members(anna, 1);
  await anna.page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
  const german = await anna.page.locator('#log .notice').allTextContents();
  assert.equal(german.length, 2, german.join('\n'));
  assert.match(german[0], /^17 Leute sind gekommen\. .* sind gegangen\.$/);
  assert.equal(german[1], '17 Leute sind gegangen.');
});
