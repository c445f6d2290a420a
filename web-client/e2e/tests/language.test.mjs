// The page in German.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';

const fixture = Fixture.forEachTest();

test('a German browser gets a German page, and its user can choose', async () => {
  const anna = await fixture.page({ locale: 'de-AT', settled: false });
  const { page } = anna;
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  const dialog = page.getByRole('dialog', { name: 'Wie sollen dich die anderen nennen?' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Anna');
  await dialog.getByRole('button', { name: 'Eintreten' }).click();
  await anna.shows('Verbunden');
  const german = page.getByRole('textbox', { name: 'Nachricht', exact: true });
  await german.fill('Grüße');
  await page.getByRole('button', { name: 'Senden', exact: true }).click();
  await page.getByRole('log', { name: 'Nachrichten' }).getByText('Grüße').waitFor();

  // The server's error codes are translated as well.
  await german.fill('/w Niemand hallo');
  await german.press('Enter');
  const delivery = page.locator('[data-state=failed] .delivery');
  await delivery.waitFor();
  const words = await delivery.textContent();
  assert.match(words, /^Nicht gesendet: .*Niemand/);
  assert.doesNotMatch(words, /nobody|there|is not/i);
  await german.fill('/hilfe');
  await german.press('Enter');
  await page.getByRole('alert').filter({ hasText: /\/hilfe/ }).waitFor();

  // The user's choice applies at once, and is stored.
  await page.getByRole('combobox', { name: 'Sprache' }).selectOption('English');
  await anna.shows('Connected');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.equal(await anna.input.count(), 1);
  await page.reload();
  await anna.shows('Connected');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

test('texts that are already shown are translated when the user chooses a language', async () => {
  const anna = await fixture.page({ name: 'Anna' });
  const ben = await fixture.page({ name: 'Ben {0} of <b>' });
  const { page } = anna;
  const choose = (tag) => page.locator('#language').selectOption(tag);
  // Without the marks that isolate the direction of a name.
  const all = async () => {
    const parts = page.locator('#log').locator('.notice, .speaker, .text, .divider, .delivery, .small');
    return (await parts.allTextContents()).map((words) => words.replace(/[\u2066-\u2069]/g, ''));
  };
  await anna.showsNotice('Ben {0} of <b> joined.');
  await anna.say('hello');
  await anna.hears('hello');
  await anna.say('/w Nobody You');
  await anna.log.getByRole('button', { name: 'Retry' }).waitFor();
  await ben.say('/w Anna New');
  await anna.tab('Ben {0} of <b>').locator('.badge', { hasText: '1' }).waitFor();
  const english = await all();
  assert.deepEqual(english, [
    'Ben {0} of <b> joined.',
    'You', 'hello',
    'You whisper to Nobody', 'You', 'Not sent: “Nobody” is not here.', 'Retry', 'Discard',
  ]);

  await choose('de');
  assert.deepEqual(await all(), [
    'Ben {0} of <b> ist gekommen.',
    'Du', 'hello',
    'Du flüsterst Nobody zu', 'You', 'Nicht gesendet: „Nobody“ ist nicht da.', 'Noch einmal', 'Verwerfen',
  ]);
  // So are the texts of hidden conversations, and none is announced as new.
  assert.equal(await page.getAttribute('#log', 'aria-live'), 'off');
  await anna.goTo('Ben {0} of <b>');
  const whispers = page.locator('#log').locator('.speaker, .text, .divider');
  assert.deepEqual(await whispers.allTextContents(), ['Neu', 'Ben {0} of <b> flüstert dir zu', 'New']);
  await choose('en');
  assert.deepEqual(await whispers.allTextContents(), ['New', 'Ben {0} of <b> whispers to you', 'New']);
  await anna.goTo('lobby');
  assert.deepEqual(await all(), english);

  // So is what is wrong with the connection.
  await fixture.server.stop();
  await anna.shows(/^Reconnecting/);
  const reason = page.locator('#reason');
  const told = await reason.textContent();
  assert.match(told, /waits here/);
  await choose('de');
  assert.match(await reason.textContent(), /wartet hier/);
  await choose('en');
  assert.equal(await reason.textContent(), told);
});

test('a browser of another language gets an English page', async () => {
  const anna = await fixture.page({ locale: 'fr-FR' });
  assert.equal(await anna.page.getAttribute('html', 'lang'), 'en');
  assert.equal(await anna.status.textContent(), 'Connected');
});
