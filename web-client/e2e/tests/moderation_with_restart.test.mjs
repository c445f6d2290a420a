// The story of a rude player, in two browsers and with the real program: a player is insulted,
// reports and blocks; a moderator acts; the server is killed in the middle and started again; and
// the game reads all of it in the feed of events.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Browser } from '../browsers.mjs';
import { StaffServer } from '../staff.mjs';

const INSULT = 'Mira, you play like a turnip';

let staff;
const browsers = {};

before(async () => {
  const settings = `
    [events]
    enabled = true
    [moderation]
    appeal = "https://game.example/appeal"
  `;
  staff = await StaffServer.start({ settings, keeps: true });
  for (const name of ['chromium', 'firefox']) browsers[name] = await Browser.launch(name);
});

after(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await staff.end();
});

/** Opens the page for a player, to whom the game gives a token. */
async function open(browser, name, allow = []) {
  const token = await staff.token(`player-${name}`, name, allow);
  return browsers[browser].page(staff.server.url, { token });
}

/** The message of the log with this text. */
const messageWith = (text, part = '') => `::-p-xpath(//li[@data-epoch][p[text()="${text}"]]${part})`;

/** Opens the menu of a message, and presses one of its buttons. */
async function act(chat, text, button) {
  await (await chat.find(messageWith(text))).hover();
  await chat.click(messageWith(text, '/button[@class="more"]'));
  await chat.click(`#line-menu ${button}`);
  await chat.gone('#line-menu');
}

/** Waits until an element's text contains this. */
async function reads(chat, selector, part) {
  await chat.page.waitForFunction(
    (selector, part) => [...document.querySelectorAll(selector)].some((it) => it.textContent.replace(/[\u2068\u2069]/g, '').includes(part)),
    {}, selector, part,
  );
}

const isGrey = ({ page }) => page.$eval('#message', (it) => it.readOnly);
const seen = ({ page }) => page.$$eval('#log .message .text', (all) => all.filter((it) => it.checkVisibility()).map((it) => it.textContent));
const online = (chat) => chat.find('#status[data-state=online]');

test('a rude player is reported, blocked and muted, and a crash in the middle changes none of it', async () => {
  const mira = await open('firefox', 'Mira');
  const ben = await open('chromium', 'Ben');
  const ada = await open('chromium', 'Ada', ['*=mod']);
  await mira.say('Hello');
  await ben.hears('Hello');
  await ben.say(INSULT);
  for (const chat of [mira, ada]) await chat.hears(INSULT);

  // Mira reports it, with a receipt, and blocks Ben.
  await act(mira, INSULT, '#user-report');
  await mira.find('#form-dialog');
  await mira.page.select('#form-reason', '2');
  await mira.page.type('#form-words', 'He does it all day');
  await mira.click('#form-send');
  await mira.shows('#form-receipt', 'The moderators have your report. Its number is 1.');
  await mira.click('#form-shut');
  await act(mira, INSULT, '#user-block');
  await reads(mira, '.notice', 'You block Ben now');
  assert.deepEqual(await seen(mira), ['Hello']);
  assert.deepEqual(await mira.texts('#member-list .member bdi'), ['Ada', 'Mira'], 'Ben is not to be seen');

  // The moderators have the evidence.
  const evidence = await staff.call('GET', '/reports/1');
  assert.equal(evidence.report.reason, 'harassment');
  assert.ok(JSON.stringify(evidence).includes(INSULT));
  await staff.call('POST', '/reports/1/claim');

  // Ada mutes Ben for an hour, by the menu of the message.
  await act(ada, INSULT, '#user-moderate');
  await ada.find('#form-dialog');
  await ada.page.select('#form-time', '3600');
  await ada.page.select('#form-reason', '2');
  await ada.page.type('#form-words', 'Be kind');
  await ada.click('#form-send');
  await reads(ada, '.notice', 'Ben is muted in “lobby”.');
  const mute = 'You are muted in “lobby”: you cannot write anything there. Reason: Harassment or threats. Rule: “Be kind”.';
  await reads(ben, '#rules', mute);
  await ben.shows('#wait', 'This ends in 60 minutes.');
  await ben.shows('#appeal', 'You can appeal: https://game.example/appeal');
  assert.ok(await isGrey(ben));

  // The server crashes, and starts again.
  await staff.server.kill();
  for (const chat of [mira, ben, ada]) await chat.find('#status[data-state=waiting]');
  await staff.restart();
  for (const chat of [mira, ben, ada]) await online(chat);
  await reads(ben, '#rules', mute);
  assert.ok(await isGrey(ben), 'the mute holds');
  // Also for another tab of Ben's, which begins anew.
  const other = await open('firefox', 'Ben');
  await reads(other, '#rules', mute);
  assert.ok(await isGrey(other));

  // Mira is told of the decision, and sees nothing of Ben on another device either.
  const [{ id: sanction }] = (await staff.call('GET', '/sanctions?account=player-Ben')).sanctions;
  await staff.call('POST', '/reports/1/decide', { acted: true, words: 'He has an hour to think.', sanction });
  await reads(mira, '.notice', 'Your report 1 was looked at, and something was done about it. He has an hour to think.');
  const phone = await open('chromium', 'Mira');
  await phone.hears('Hello');
  assert.deepEqual(await seen(phone), ['Hello']);

  // When the mute is lifted, the input is there again, and the block still holds.
  await staff.call('DELETE', `/sanctions/${sanction}?note=sorry`);
  await reads(ben, '.notice', 'You can write in “lobby” again.');
  await ben.page.waitForFunction(() => !document.querySelector('#message').readOnly);
  await ben.say('Sorry');
  await ada.hears('Sorry');
  await ada.say('Good');
  for (const chat of [mira, phone]) {
    await chat.hears('Good');
    assert.deepEqual(await seen(chat), ['Hello', 'Good']);
  }

  // The game reads all of it, in order and without a gap.
  const { events } = await staff.call('GET', '/events');
  events.forEach((event, at) => assert.equal(event.number, events[0].number + at, 'no event is lost'));
  const story = events.filter(({ kind }) => ['said', 'reported', 'sanctioned'].includes(kind));
  const told = story.map(({ kind, user, line, report }) => [kind, user.name, line?.text ?? report]);
  assert.deepEqual(told, [
    ['said', 'Mira', 'Hello'], ['said', 'Ben', INSULT], ['reported', 'Ben', 1], ['sanctioned', 'Ben', undefined],
    ['said', 'Ben', 'Sorry'], ['said', 'Ada', 'Good'],
  ]);
  assert.equal(story[3].sanction, sanction);
  const faults = [];
  for (const browser of Object.values(browsers)) faults.push(...(await browser.closePages()));
  assert.deepEqual(faults, []);
});
