// The page in German.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Hall } from '../hall.mjs';

const hall = Hall.forEachTest();

test('a German browser gets a German page, and its user can choose', async () => {
  const anna = await hall.page({ locale: 'de-AT', settled: false });
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

  // What the server says in codes, too.
  await german.fill('/w Niemand hallo');
  await german.press('Enter');
  const fate = page.locator('[data-state=failed] .fate');
  await fate.waitFor();
  const words = await fate.textContent();
  assert.match(words, /^Nicht gesendet: .*Niemand/);
  assert.doesNotMatch(words, /nobody|there|is not/i);
  await german.fill('/hilfe');
  await german.press('Enter');
  await page.getByRole('alert').filter({ hasText: /\/hilfe/ }).waitFor();

  // The choice is visible, and kept.
  await page.getByRole('combobox', { name: 'Sprache' }).selectOption('English');
  await anna.shows('Connected');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.equal(await anna.input.count(), 1);
  await page.reload();
  await anna.shows('Connected');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

test('a browser of another language gets an English page', async () => {
  const anna = await hall.page({ locale: 'fr-FR' });
  assert.equal(await anna.page.getAttribute('html', 'lang'), 'en');
  assert.equal(await anna.status.textContent(), 'Connected');
});
