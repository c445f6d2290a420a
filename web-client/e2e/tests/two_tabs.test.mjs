// Two tabs of one browser, and a tab that crashes: the name stays with the user.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

test('a second tab asks before it takes the chat over, and the first can take it back', async () => {
  const first = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await first.say('from the first tab');
  await ben.hears('from the first tab');

  const second = await fixture.page({ besides: first, settled: false });
  await second.tabDialog.waitFor();
  assert.equal(await second.status.textContent(), 'Connecting…');
  // Until the user has chosen, nothing changes.
  await first.say('still here');
  await ben.hears('still here');
  await second.page.keyboard.press('Escape');
  assert.ok(await second.tabDialog.isVisible());

  await second.tabDialog.getByRole('button', { name: 'Go on here' }).click();
  await second.shows('Connected');
  await second.ownName.filter({ hasText: /^Anna$/ }).waitFor();
  await first.shows('Disconnected');
  await first.page.getByText('The chat goes on in another window.').waitFor();
  await second.hears('still here');
  await second.say('from the second tab');
  await ben.hears('from the second tab');

  await first.page.getByRole('button', { name: 'Connect again' }).click();
  await first.shows('Connected');
  await first.hears('from the second tab');
  await second.shows('Disconnected');
  await first.say('back in the first');
  await ben.hears('back in the first');
  for (const chat of [first, second]) assert.equal(await chat.ownName.textContent(), 'Anna');
  // Nobody came and nobody left for the others.
  const people = ben.page.getByRole('complementary', { name: 'People in this room' });
  assert.equal(await people.getByRole('listitem').count(), 2);

  // A tab that has lost the chat takes nothing with it when it closes.
  await second.close();
  await first.say('and still there');
  await ben.hears('and still there');
});

test('a second tab can be somebody else, also when it is loaded again', async () => {
  const first = await fixture.page({ name: 'Anna' });
  const second = await fixture.page({ besides: first, settled: false });
  await second.tabDialog.getByRole('button', { name: 'Be somebody else' }).click();
  await second.introduce('Zoe');
  await second.shows('Connected');
  await second.ownName.filter({ hasText: /^Zoe$/ }).waitFor();
  await first.say('hello');
  await second.hears('hello');
  await second.page.reload();
  await second.shows('Connected');
  await second.ownName.filter({ hasText: /^Zoe$/ }).waitFor();
  await first.page.reload();
  await first.shows('Connected');
  await first.ownName.filter({ hasText: /^Anna$/ }).waitFor();
  assert.ok(await second.tabDialog.isHidden());
});

test('of two tabs that start at the same time, one has the chat and the other asks', async () => {
  const first = await fixture.page({ name: 'Anna' });
  const other = await fixture.page({ besides: first, settled: false });
  await other.tabDialog.waitFor();
  await first.crash();
  // The browser opens both tabs again, as after a crash of its own.
  const third = fixture.page({ besides: other, settled: false });
  await Promise.all([other.page.reload(), third]);
  const tabs = [other, await third];
  const online = (chat) => chat.shows('Connected').then(() => chat);
  const winner = await Promise.any(tabs.map(online));
  const loser = tabs.find((chat) => chat !== winner);
  await loser.tabDialog.waitFor();
  await winner.ownName.filter({ hasText: /^Anna$/ }).waitFor();
  assert.deepEqual(winner.states.filter((words) => words === 'Disconnected'), []);
});

test('after a crash the name comes back at once, with the whispers that came meanwhile', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await anna.say('/join den');
  await anna.isIn('den');
  await ben.say('/w Anna one');
  await anna.tab('Ben').waitFor();
  const again = await fixture.page({ besides: anna, settled: false });
  await again.tabDialog.waitFor();
  await anna.crash();
  await ben.say('/w Anna two');

  await again.page.reload();
  await again.shows('Connected');
  await again.ownName.filter({ hasText: /^Anna$/ }).waitFor();
  await again.isIn('lobby');
  await again.tab('Ben').locator('.badge').filter({ hasText: /^1$/ }).waitFor({ state: 'attached' });
  await again.goTo('Ben');
  await again.hears('two');
  assert.deepEqual(await again.texts(), ['two'], 'what was read before is not new');
  // What was missed comes before the rooms.
  assert.deepEqual(await again.tabs.allTextContents(), ['Ben', 'lobby', 'den']);
  await again.say('three');
  await ben.hears('three');

  // It is the same session: a lost connection goes on with it, and a new server has the name.
  await fixture.server.kill();
  await again.shows(/^Reconnecting/);
  await fixture.server.restart();
  await again.shows('Connected');
  await again.ownName.filter({ hasText: /^Anna$/ }).waitFor();
});
