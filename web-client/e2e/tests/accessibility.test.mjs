// Every state of the page, in each browser: axe-core finds no fault, in a light and a
// dark theme and with colours that the system forces.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { colours, violations } from '../accessibility.mjs';
import { Browser, LOOKS } from '../browsers.mjs';
import { field, message } from '../library.mjs';
import { BAN, KICK, member, MUTE, NOW, sanction, ScriptedServer, settings } from '../scripted_server.mjs';
import { Server } from '../server.mjs';

const PHONE = { width: 375, height: 667 };
const WIDE = { width: 1100, height: 760 };

/** Leads a user through every state of the page, and calls `look` with the page and the
 *  state's name in each. */
async function everyState(browser, server, look) {
  const anna = await browser.page(server.url, { settled: false });
  await anna.find('#name-dialog');
  await look(anna, 'the name dialog');
  await anna.introduce('Anna');
  await anna.shows('#status', 'Connected');
  await anna.find('#empty');
  await look(anna, 'an empty room');
  // It is long: the messages that are looked at come behind it.
  await anna.say('/help');
  await anna.find('.notice .lines');

  const ben = await browser.page(server.url, { name: 'Ben' });
  await ben.say('Hello');
  await anna.hears('Hello');
  await anna.say('Hi Ben');
  await anna.hears('Hi Ben');
  await anna.say('/me waves');
  await anna.hears('waves');
  await look(anna, 'a conversation');

  // So high that the log shows all of it: a user who scrolls up has unread lines.
  await anna.page.setViewport({ ...WIDE, height: 2400 });
  await anna.click('[data-own] .more');
  await anna.find('#line-menu');
  await look(anna, 'the menu of a message');
  await anna.click('#line-menu [data-react]');
  await anna.find('.reaction');
  await anna.click('[data-own] .more');
  await anna.click('#line-edit');
  await anna.find('#target');
  await look(anna, 'an edit');
  await anna.page.keyboard.type(' again');
  await anna.page.keyboard.press('Enter');
  await anna.find('.edited');
  await ben.click('[data-own] .more');
  await ben.click('#line-menu [data-do=reply]');
  await ben.say('A reply');
  await anna.find('.quote');
  await anna.click('.message.action .more');
  await anna.click('#line-remove');
  await anna.find('.removed');
  await look(anna, 'an edit, a removal, a reaction and a reply');
  await anna.click('#search');
  await anna.find('#search-dialog');
  await anna.page.keyboard.type('reply');
  await anna.page.keyboard.press('Enter');
  await anna.find('#found li');
  await look(anna, 'what was found');
  await anna.page.keyboard.press('Escape');
  await anna.gone('#search-dialog');
  await anna.page.setViewport(WIDE);

  await anna.join('den');
  await ben.say('Where are you?');
  await anna.shows('[role=tab] .badge', '1');
  await ben.say('/w Anna psst');
  await anna.find('[data-kind=whisper] .badge');
  await look(anna, 'unread lines');
  await anna.goTo('lobby');
  await anna.find('.divider');
  await look(anna, 'a divider');
  await anna.goTo('Ben');
  await anna.say('What?');
  await anna.hears('What?');
  await look(anna, 'whispers');

  await anna.say('/w Nobody hello');
  await anna.find('[data-nonce][data-state=failed]');
  await anna.say('/nonsense');
  await anna.find('#hint:not(:empty)');
  await look(anna, 'errors');
  await anna.page.$eval('#message', (it) => it.select());
  await anna.page.keyboard.type('/');
  await anna.find('#choices li');
  await anna.page.keyboard.press('Tab');
  await anna.find('#choices [aria-selected=true]');
  await look(anna, 'suggestions');
  await anna.page.keyboard.press('Escape');
  await anna.gone('#choices');

  await anna.click('#add');
  await anna.find('.room');
  await look(anna, 'the join dialog');
  await anna.page.keyboard.press('Escape');
  await anna.gone('#join-dialog');
  await anna.click('#own');
  await anna.find('#name-dialog');
  await look(anna, 'another name');
  await anna.page.keyboard.type('Ben');
  await anna.page.keyboard.press('Enter');
  await anna.find('#name-hint:not(:empty)');
  await look(anna, 'a name that is taken');
  await anna.page.keyboard.press('Escape');
  await anna.gone('#name-dialog');
  const second = await browser.page(server.url, { settled: false, beside: anna });
  await second.find('#tab-dialog');
  await look(second, 'a second tab');

  await anna.goTo('lobby');
  await anna.page.setViewport(PHONE);
  await look(anna, 'a phone with the people');
  await anna.click('#people');
  await anna.gone('#members');
  await anna.page.$eval('#log', (it) => it.scrollTo(0, 0));
  await anna.find('#newest');
  await look(anna, 'a phone');

  await server.kill();
  await anna.find('#status[data-state=waiting]');
  await anna.say('Are you there?');
  await anna.find('[data-nonce][data-state=pending]');
  await look(anna, 'a lost connection, on a phone');
  await anna.page.setViewport(WIDE);
  await look(anna, 'a lost connection');

  await server.restart();
  const lost = await browser.page(`${server.url}?server=nonsense`, { settled: false });
  await lost.find('#status[data-state=closed]');
  await look(lost, 'no server');
  const broken = await browser.page(server.url, { settled: false, lacks: '.wasm' });
  await broken.find('.loading.failed');
  await look(broken, 'a page that cannot be loaded');
  const faults = broken.faults.splice(0);
  assert.ok(faults.length > 0, 'the console says why');
  for (const fault of faults) assert.match(fault, /^console: /);
}

/** The same of what a game and its server's rules add: the server is scripted. */
async function everyRule(browser, look) {
  const server = await ScriptedServer.start();
  const [elder, scout] = [{ color: '#ff0', badge: 'Elder' }, { color: '#00f', badge: 'Scout' }].map((it) => JSON.stringify(it));
  const rules = { topic: 'Trade only', slowMode: 60_000, textBytes: 200, noHistory: true };
  server.rooms.lobby = { settings: settings(rules), members: [member(7, 'Mira'), member(9, 'Ben', 'b', elder), member(11, 'Cleo', 'c', scout)] };
  server.welcome = [field(11, 'm'), field(15, 0n)];
  try {
    const mira = await browser.page(server.url, { name: 'Mira' });
    await mira.find('#topic');
    server.say('lobby', 9, 'Ben', 'hello', 'b', elder);
    server.say('lobby', 11, 'Cleo', 'good day', 'c', scout);
    await mira.hears('good day');
    await mira.say('Slowly');
    await mira.find('#wait:not(:empty)');
    await look(mira, 'slow mode, badges and colours');
    server.change('lobby', { topic: 'News', readOnly: true, announceOnly: true });
    await mira.shows('#rules', 'Only a few may say something here. You may not say anything here.');
    await look(mira, 'a closed input');
    await mira.page.setViewport(PHONE);
    await look(mira, 'a closed input, on a phone');
    server.remove('lobby');
    await mira.shows('#rules', 'You are not in “lobby” any more: the game does not allow it.');
    await look(mira, 'a room that the user was taken out of');
    await mira.click('#own');
    await mira.find('#name-hint:not(:empty)');
    await look(mira, 'a name that the game gives');
    await mira.page.keyboard.press('Escape');
    server.close(3501, 'bad token');
    await mira.find('#status[data-state=closed]');
    await look(mira, 'a user who is not let in');
  } finally {
    await server.end();
  }
}

/** The same of blocks, reports and what moderators do. */
async function everyAct(browser, look) {
  const server = await ScriptedServer.start();
  const holds = settings({ mayModerate: true, mayRemove: true });
  server.welcome = [field(7, NOW), field(16, 1n)];
  server.rooms.lobby = { settings: holds, members: [member(7, 'Mira'), member(9, 'Ben')] };
  server.answers.report = () => ({ reported: message(field(1, 41n)) });
  server.answers.listBlocks = () => ({ blocks: message(field(1, member(9, 'Ben'))) });
  try {
    const mira = await browser.page(server.url, { name: 'Mira' });
    server.say('lobby', 9, 'Ben', 'hello');
    await mira.hears('hello');
    await (await mira.find('#log .message')).hover();
    await mira.click('#log .more');
    await mira.find('#user-moderate');
    await look(mira, 'the menu of a message for a moderator');
    await mira.click('#user-report');
    await mira.find('#form-dialog');
    await mira.click('#form-send');
    await mira.find('#form-hint:not(:empty)');
    await look(mira, 'a report without a reason');
    await mira.page.select('#form-reason', '2');
    await mira.click('#form-send');
    await mira.find('#form-receipt:not(:empty)');
    await look(mira, 'the receipt of a report');
    await mira.page.keyboard.press('Escape');
    await mira.gone('#form-dialog');
    await mira.page.focus('#member-list .more');
    await mira.page.keyboard.press('Enter');
    await mira.find('#line-menu');
    await look(mira, 'the menu of a member');
    await mira.click('#user-moderate');
    await mira.find('#form-dialog');
    await look(mira, 'the form of a sanction');
    await mira.page.setViewport(PHONE);
    await look(mira, 'the form of a sanction, on a phone');
    await mira.page.setViewport(WIDE);
    await mira.page.keyboard.press('Escape');
    await mira.gone('#form-dialog');
    await mira.click('#room-settings');
    await mira.find('#form-dialog');
    await look(mira, 'the settings of a room');
    await mira.click('#form-clear');
    await mira.shows('#form-title', 'Remove all messages of “lobby”?');
    await look(mira, 'the question before a room is cleared');
    await mira.page.keyboard.press('Escape');
    await mira.gone('#form-dialog');
    await mira.click('#blocked-people');
    await mira.find('#block-list button');
    await look(mira, 'the users that are blocked');
    await mira.page.keyboard.press('Escape');
    await mira.gone('#form-dialog');
    server.answers.say = () => ({ held: '' });
    await mira.say('A held message');
    await mira.find('[data-state=held]');
    server.sanction(sanction(5, MUTE, { room: 'lobby', ends: 600_000n }));
    await mira.find('#appeal');
    await look(mira, 'a muted user, and a held message');
    await mira.page.setViewport(PHONE);
    await look(mira, 'a muted user, on a phone');
    server.remove('lobby', 2n, sanction(6, KICK, { room: 'lobby' }));
    await mira.find('#join-again');
    await look(mira, 'a user who was taken out of the room');
    server.sanction(sanction(7, BAN, { ends: 3_600_000n }));
    server.close(3503, 'banned');
    await mira.find('#ended');
    await look(mira, 'a banned user, on a phone');
    await mira.page.setViewport(WIDE);
    await look(mira, 'a banned user');
  } finally {
    await server.end();
  }
}

/** What is told by a ground or a shadow is told otherwise if the system forces colours. */
async function marksAreThere(chat, state) {
  const left = (width) => (box) => ({ ...box, width });
  const bottom = (box) => ({ ...box, y: box.y + box.height - 2, height: 2 });
  const differ = async (one, other, strip, what) => {
    const [a, b] = [await colours(chat, one, strip), await colours(chat, other, strip)];
    assert.notEqual(a[0], b[0], `${what} in ${state}`);
  };
  if (state === 'a conversation') {
    assert.ok((await colours(chat, '.message .avatar')).length > 2, 'an avatar has its colours');
    assert.ok((await colours(chat, '#own-avatar')).length > 2, 'the own avatar has its colours');
    assert.ok((await colours(chat, '#status', left(10))).length > 1, 'the status has its dot');
    await differ('[data-own]', '.message:not([data-own])', left(2), 'own messages are marked');
    const around = ({ x, y }) => ({ x: x - 3, y: y + 15, width: 6, height: 10 });
    assert.ok((await colours(chat, '#send', around)).length > 1, 'Send has a border');
  } else if (state === 'whispers') {
    await differ('[aria-selected=true]', '[aria-selected=false]', bottom, 'the chosen tab is marked');
    await differ('.whisper:not([data-own])', '#older', left(2), 'whispers are marked');
  } else if (state === 'suggestions') {
    await differ('#choices [aria-selected=true]', '#choices [aria-selected=false]', left(8), 'the choice');
  }
}

/** The page on a phone. */
async function fitsOnPhone(chat, state) {
  if (state === 'a phone') {
    const [width, natural] = await chat.page.$eval('#language', (it) => {
      const { width } = it.getBoundingClientRect();
      it.style.width = 'max-content';
      const natural = it.getBoundingClientRect().width;
      it.style.width = '';
      return [width, natural];
    });
    assert.ok(width >= natural, `the language has ${width} of ${natural} pixels`);
    const over = await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(over, 0, 'nothing is wider than the screen');
  } else if (state === 'a phone with the people') {
    // What is behind the people is dimmed, and a click there closes them.
    const log = (box) => ({ x: 2, y: box.y + 2, width: 6, height: 40 });
    const [dimmed] = await colours(chat, '#log', log);
    const { x, y } = await (await chat.find('#log')).boundingBox();
    await chat.page.mouse.click(x + 20, y + 20);
    await chat.gone('#members');
    const [bright] = await colours(chat, '#log', log);
    assert.notEqual(dimmed, bright);
    await chat.click('#people');
    await chat.find('#members');
  }
}

async function check(name, launched, looks) {
  const server = await Server.start();
  const browser = await Browser.launch(name, launched);
  const found = [];
  try {
    const lookAt = async (chat, state) => {
      for (const look of looks) {
        await chat.look(look);
        for (const fault of await violations(chat)) found.push(`${state}, ${look}: ${fault}`);
        if (look === 'forced') await marksAreThere(chat, state);
        if (look === 'light') await fitsOnPhone(chat, state);
      }
    };
    await everyState(browser, server, lookAt);
    await everyRule(browser, lookAt);
    await everyAct(browser, lookAt);
    assert.deepEqual(await browser.closePages(), []);
  } finally {
    await browser.close();
    await server.kill();
  }
  assert.deepEqual(found, []);
}

test('axe-core finds no fault in any state, in Chromium', () => check('chromium', 'light', LOOKS));

// Firefox cannot change its look while it runs. Three of them wait for each other's pages
// less than for their own.
describe('Firefox', { concurrency: LOOKS.length }, () => {
  for (const look of LOOKS) {
    test(`axe-core finds no fault in any state, ${look}`, () => check('firefox', look, [look]));
  }
});
