// Rooms, members, unread lines and whispers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

/** The speaker, as the page names it, and the text of each message. */
async function speakersAndTexts(chat) {
  return chat.messages.evaluateAll((messages) =>
    messages.map((message) => [
      message.querySelector('.speaker').textContent,
      message.querySelector('.text').textContent,
    ]),
  );
}

/** Waits for the number of unread lines on a tab; '' means none. */
function unread(chat, name, count) {
  return chat.tab(name).locator('.badge').filter({ hasText: new RegExp(`^${count}$`) })
    .waitFor({ state: 'attached' });
}

test('two users see each other by name, in two rooms', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  assert.equal(await anna.ownName.textContent(), 'Anna');
  await anna.showsNotice('Ben');

  await anna.say('Hello, Ben');
  await ben.hears('Hello, Ben');
  await ben.say('Hello, Anna');
  await anna.hears('Hello, Anna');
  assert.deepEqual(await speakersAndTexts(anna), [['You', 'Hello, Ben'], ['Ben', 'Hello, Anna']]);
  assert.deepEqual(await speakersAndTexts(ben), [['Anna', 'Hello, Ben'], ['You', 'Hello, Anna']]);

  await anna.join('den');
  await ben.join('den');
  await anna.say('only here');
  await ben.hears('only here');
  assert.deepEqual(await speakersAndTexts(ben), [['Anna', 'only here']]);
  await ben.goTo('lobby');
  assert.deepEqual(await speakersAndTexts(ben), [['Anna', 'Hello, Ben'], ['You', 'Hello, Anna']]);

  // The list has the members of the room that is shown.
  const people = ben.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByText('Anna', { exact: true }).waitFor();
  assert.equal(await people.getByRole('listitem').count(), 2);
  await anna.page.getByRole('button', { name: 'Leave lobby' }).click();
  await people.getByText('Anna', { exact: true }).waitFor({ state: 'detached' });
  await ben.showsNotice('Anna');
  assert.deepEqual(await anna.tabs.allTextContents(), ['den']);
});

test('lines in other rooms are counted as unread, with a divider above the first', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await anna.say('seen');
  await ben.hears('seen');
  await ben.join('den');
  await anna.say('one');
  await anna.say('two');
  await unread(ben, 'lobby', '2');
  assert.equal(await ben.page.title(), '(2) Guildhall');
  assert.equal(await ben.page.getByRole('tab', { name: 'lobby 2 unread', exact: true }).count(), 1);

  await ben.goTo('lobby');
  await ben.hears('two');
  await unread(ben, 'lobby', '');
  assert.equal(await ben.page.title(), 'Guildhall');
  const order = await ben.log.locator('.message .text, .divider').allTextContents();
  assert.deepEqual(order, ['seen', 'New', 'one', 'two']);

  // Once they are read, the divider is gone when the user returns.
  await ben.goTo('den');
  await ben.goTo('lobby');
  assert.equal(await ben.log.locator('.divider').count(), 0);
});

test('lines from before the user joined are there, and none is unread', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.say('before');
  await anna.say('and after');
  const ben = await fixture.page({ name: 'Ben' });
  await ben.hears('and after');
  assert.deepEqual(await ben.texts(), ['before', 'and after']);
  assert.equal(await ben.log.locator('.divider').count(), 0);
  assert.equal(await ben.page.title(), 'Guildhall');
});

test('a whisper goes to one user alone, and looks like a whisper', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben Ali' });
  const carl = await fixture.page({ name: 'Carl' });

  await anna.say('/w "Ben Ali" psst, Ben');
  await unread(ben, 'Anna', '1');
  await anna.isIn('Ben Ali');
  await anna.hears('psst, Ben');
  await ben.goTo('Anna');
  assert.deepEqual(await speakersAndTexts(ben), [['Anna whispers to you', 'psst, Ben']]);
  assert.deepEqual(await speakersAndTexts(anna), [['You whisper to Ben Ali', 'psst, Ben']]);

  // What is typed in these tabs is whispered; /r does the same from any tab.
  await ben.say('I hear you');
  await anna.hears('I hear you');
  await anna.goTo('lobby');
  await anna.say('/r good');
  await ben.hears('good');
  await anna.isIn('Ben Ali');
  await anna.goTo('lobby');
  assert.equal(await anna.input.inputValue(), '', 'a command that was carried out is not a draft');
  await anna.input.fill('half a thought');
  await anna.goTo('Ben Ali');
  assert.equal(await anna.input.inputValue(), '', 'a draft stays in its conversation');
  await anna.goTo('lobby');
  assert.equal(await anna.input.inputValue(), 'half a thought');
  await anna.goTo('Ben Ali');
  await ben.say('/me nods');
  await anna.hears('nods');
  await anna.goTo('lobby');
  await anna.say('aloud');
  await carl.hears('aloud');
  assert.deepEqual(await speakersAndTexts(carl), [['Anna', 'aloud']]);
  assert.deepEqual(await carl.tabs.allTextContents(), ['lobby']);
});

test('a click on a member in the list opens the whispers', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  const people = anna.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByRole('button', { name: 'Ben', exact: true }).click();
  await anna.isIn('Ben');
  assert.equal(await anna.input.getAttribute('placeholder'), 'Whisper to Ben');
  await anna.say('psst');
  await unread(ben, 'Anna', '1');
});

test('whispers continue with a partner that has loaded the page again', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  const people = anna.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByRole('button', { name: 'Ben', exact: true }).click();
  await anna.isIn('Ben');
  await anna.log.getByText('What you write here goes to Ben alone.').waitFor();
  await anna.say('one');
  await unread(ben, 'Anna', '1');

  // Ben is gone: the page says so by name, and the message can be retried later.
  await ben.page.goto('about:blank');
  await anna.say('two');
  const failed = anna.outbox.and(anna.page.locator('[data-state=failed]'));
  await failed.waitFor();
  assert.match(await failed.locator('.delivery').textContent(), /“Ben” is not here/);
  const again = await fixture.page({ name: 'Ben' });
  await failed.getByRole('button', { name: 'Retry' }).click();
  await again.goTo('Anna');
  await again.hears('two');
  await anna.hears('two');
  assert.equal(await anna.outbox.count(), 0);

  // After one more reload, Ben's whisper appears in the same tab.
  await again.page.reload();
  await again.shows('Connected');
  await again.say('/w Anna three');
  await anna.hears('three');
  assert.deepEqual(await anna.tabs.allTextContents(), ['lobby', 'Ben']);
  assert.deepEqual(await anna.texts(), ['one', 'two', 'three']);
});

test('a whisper that waits for the server goes to the name, not to the old ID', async () => {
  const ben = await fixture.page({ name: 'Ben' });
  const proxy = await fixture.cutProxy();
  const anna = await fixture.page({ name: 'Anna', url: proxy.url });
  await anna.say('/w Ben first');
  await unread(ben, 'Anna', '1');
  // Ben may have it before Anna knows that it was sent.
  await anna.outbox.waitFor({ state: 'detached' });
  proxy.cut();
  await anna.shows(/^Reconnecting/);
  await anna.say('for Ben alone');
  await fixture.server.kill();
  await ben.page.goto('about:blank');
  await fixture.server.restart();
  // The first clients get the IDs that others had before.
  const strangers = [await fixture.page({ name: 'Dora' }), await fixture.page({ name: 'Emil' })];
  proxy.restore();
  const failed = anna.outbox.and(anna.page.locator('[data-state=failed]'));
  await failed.waitFor();
  assert.match(await failed.locator('.delivery').textContent(), /“Ben” is not here/);
  // This is the answer to a later request, so nothing is on its way to them any more.
  await anna.say('/w Emil good evening');
  await unread(strangers[1], 'Anna', '1');
  await strangers[1].goTo('Anna');
  assert.deepEqual(await strangers[1].texts(), ['good evening']);
  assert.deepEqual(await strangers[0].tabs.allTextContents(), ['lobby']);
});

test('on a phone, unread counts are visible, and the list of members can be closed', async () => {
  const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
  const anna = await fixture.page({ name: 'Anna', ...phone });
  const ben = await fixture.page({ name: 'Ben' });
  await ben.say('/w Anna psst');
  await unread(anna, 'Ben', '1');
  const { right } = await anna.tab('Ben').locator('.badge').evaluate((it) => it.getBoundingClientRect());
  const row = await anna.page.locator('#tabs').evaluate((it) => it.getBoundingClientRect());
  assert.ok(right <= row.right, `${right} is beyond ${row.right}`);

  const button = anna.page.locator('#people');
  const list = anna.page.locator('#members');
  await button.click();
  await list.waitFor();
  await anna.page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await button.click();
  await list.waitFor();
  await anna.page.locator('#panel').click({ position: { x: 20, y: 200 } });
  await list.waitFor({ state: 'hidden' });
});

test('a message that failed says why, and can be sent again', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.say('/w Ben are you there?');
  const failed = anna.outbox.and(anna.page.locator('[data-state=failed]'));
  await failed.waitFor();
  assert.match(await failed.locator('.delivery').textContent(), /^Not sent: .*Ben/);
  assert.equal(await failed.locator('.text').textContent(), 'are you there?');
  assert.equal(await anna.page.getByRole('alert').filter({ hasText: 'Not sent' }).count(), 1);

  // Ben is not there yet; then he is.
  await failed.getByRole('button', { name: 'Retry' }).click();
  await failed.waitFor();
  const ben = await fixture.page({ name: 'Ben' });
  await failed.getByRole('button', { name: 'Retry' }).click();
  await unread(ben, 'Anna', '1');
  await anna.isIn('Ben');
  await anna.hears('are you there?');
  await anna.goTo('lobby');
  assert.equal(await anna.outbox.count(), 0);

  // Or it is discarded.
  await anna.say('/w Nobody hello?');
  await failed.getByRole('button', { name: 'Discard' }).click();
  await failed.waitFor({ state: 'detached' });
});

test('a name is stored, can be changed, and belongs to one user only', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const other = await fixture.page({ name: 'ANNA' });
  // The question for a name is there again, and says why.
  const question = other.page.getByRole('dialog', { name: 'What should others call you?' });
  await question.getByRole('alert').filter({ hasText: '“ANNA” is taken' }).waitFor();
  assert.match(await other.ownName.textContent(), /^Guest/);
  await other.introduce('Otto');
  await other.ownName.filter({ hasText: /^Otto$/ }).waitFor();
  await question.waitFor({ state: 'hidden' });
  await anna.showsNotice('Otto');

  // After a reload it is still Anna, and the page does not ask.
  await anna.say('/join den');
  await anna.isIn('den');
  await anna.page.reload();
  await anna.shows('Connected');
  await anna.ownName.filter({ hasText: /^Anna$/ }).waitFor();
  await anna.tab('den').waitFor();
  assert.deepEqual(await anna.tabs.allTextContents(), ['lobby', 'den']);
  assert.ok(await anna.page.locator('#name-dialog').isHidden());

  await anna.page.getByRole('button', { name: 'Change your name' }).click();
  const dialog = anna.page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('Annabel');
  await anna.page.keyboard.press('Enter');
  await anna.ownName.filter({ hasText: /^Annabel$/ }).waitFor();
  await other.showsNotice('Annabel');
});

test('a name that is refused leaves its dialog open, with the reason in it', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await anna.showsNotice('Ben joined.');
  await anna.page.getByRole('button', { name: 'Change your name' }).click();
  const dialog = anna.page.getByRole('dialog', { name: 'What should others call you?' });
  const box = dialog.getByRole('textbox');
  await box.fill('ben');
  await anna.page.keyboard.press('Enter');
  const alert = dialog.getByRole('alert');
  await alert.filter({ hasText: '“ben” is taken' }).waitFor();
  // The user types another at once.
  assert.equal(await box.evaluate((it) => it.value.slice(it.selectionStart, it.selectionEnd)), 'ben');
  assert.ok(await box.evaluate((it) => it === document.activeElement));
  await anna.page.keyboard.type('x'.repeat(40));
  await anna.page.keyboard.press('Enter');
  await alert.filter({ hasText: 'cannot be a name' }).waitFor();
  await box.fill('Annabel');
  await anna.page.keyboard.press('Enter');
  await anna.ownName.filter({ hasText: /^Annabel$/ }).waitFor();
  await dialog.waitFor({ state: 'hidden' });

  // The new name is told once, and no refusal is.
  await ben.showsNotice('Anna is now Annabel.');
  assert.deepEqual(await anna.notices.allTextContents(), ['Ben joined.', 'You are now Annabel.']);

  // A refused command says so in the log, and Skip changes nothing.
  await anna.say('/nick Ben');
  await anna.showsNotice('You keep your name.');
  await anna.page.getByRole('button', { name: 'Change your name' }).click();
  assert.equal(await alert.count(), 0, 'the old reason is gone');
  await dialog.getByRole('button', { name: 'Skip' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await anna.ownName.textContent(), 'Annabel');
});

test('a room that cannot be joined leaves its dialog open, with the reason in it', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  await anna.page.getByRole('button', { name: 'Join a room', exact: true }).click();
  const dialog = anna.page.getByRole('dialog', { name: 'Join a room' });
  await dialog.getByRole('textbox').fill('no\u202eroom');
  await anna.page.keyboard.press('Enter');
  await dialog.getByRole('alert').filter({ hasText: 'cannot be joined' }).waitFor();
  await dialog.getByRole('textbox').fill('den');
  await anna.page.keyboard.press('Enter');
  await anna.isIn('den');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await anna.notices.count(), 0);
  // A room that the user is in is shown at once.
  await anna.join('lobby');
});

test('every command does what /help says', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben' });
  await anna.say('/help');
  const help = anna.notices.filter({ hasText: '/whisper' }).or(anna.notices.filter({ hasText: '/w ' }));
  await help.waitFor();
  for (const command of ['/w', '/r', '/join', '/leave', '/me', '/who', '/nick', '/rooms', '/help']) {
    assert.ok((await help.textContent()).includes(command), command);
  }

  await anna.say('/me waves');
  await ben.hears('waves');
  assert.equal(await ben.log.locator('.message.action').count(), 1);
  await anna.say('//me is a command');
  await ben.hears('/me is a command');
  await anna.say('/who');
  await anna.showsNotice('Anna, Ben');
  await anna.say('/join #den');
  await anna.isIn('den');
  await anna.say('/leave');
  await anna.isIn('lobby');
  await anna.say('/rooms');
  const joinDialog = anna.page.getByRole('dialog', { name: 'Join a room' });
  await joinDialog.getByRole('button', { name: /^lobby/ }).waitFor();
  await anna.page.keyboard.press('Escape');
  await joinDialog.waitFor({ state: 'hidden' });

  // It is not a command: nothing is sent, and the text stays in the textbox.
  await anna.say('/wave');
  await anna.page.getByRole('alert').filter({ hasText: '/wave' }).waitFor();
  assert.equal(await anna.input.inputValue(), '/wave');
  assert.deepEqual(await ben.texts(), ['waves', '/me is a command']);
});

test('a client of the tutorial has a name in the lobby, and chats with users of v1', async () => {
  const tutorial = await fixture.tutorialClient();
  const anna = await fixture.page({ name: 'Anna' });
  tutorial.say('from the tutorial');
  await anna.hears('from the tutorial');
  await anna.say('from the page');
  await tutorial.hear('from the page');
  const { sender, speaker } = await anna.message(0);
  assert.equal(sender, String(tutorial.id));
  const people = anna.page.getByRole('complementary', { name: 'People in this room' });
  await people.getByText(speaker, { exact: true }).waitFor();
});
