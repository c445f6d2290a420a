// The moderators' page against the real server, in each browser: what a moderator does there is done
// in the chat, and the players are told.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Browser, BROWSERS } from '../browsers.mjs';
import { StaffServer } from '../staff.mjs';

/** The text of the view, without the marks that isolate names in it. */
const VIEW = '#view';

/** The browser itself says when a request gets an error, or no answer. */
const OF_THE_NETWORK = /Failed to load resource|NetworkError|Cross-Origin Request Blocked/;

for (const name of Object.keys(BROWSERS)) {
  describe(name, () => {
    let browser;
    let staff;
    before(async () => {
      browser = await Browser.launch(name);
    });
    after(() => browser.close());
    beforeEach(async () => {
      staff = await StaffServer.start();
    });
    afterEach(async (context) => {
      const faults = await browser.closePages();
      await staff.end();
      context.diagnostic(`the server's log:\n${staff.server.log.all.join('\n')}`);
      assert.deepEqual(faults.filter((it) => !OF_THE_NETWORK.test(it)), []);
    });

    /** The page of a moderator that is signed in. */
    async function moderator(place = '', allow = ['*=mod'], user = 'mod-1') {
      const token = await staff.token(user, 'Mona', allow);
      const page = await browser.page(`${staff.url('moderate')}#token=${token}&view=${encodeURIComponent(place)}`, { settled: false });
      await page.find('#nav');
      await isLoaded(page);
      return page;
    }

    test('a token of the address is taken out of it, and stays until the user signs out', async () => {
      const page = await moderator();
      assert.equal(await page.page.evaluate(() => location.href), staff.url('moderate'));
      await page.shows('.me', 'Signed in as Mona');
      await page.page.reload();
      await page.shows('.me', 'Signed in as Mona');
      await press(page, '#head', 'Sign out');
      await page.find('#token');
      assert.equal(await page.page.evaluate(() => JSON.stringify([sessionStorage, document.cookie])), '[{},""]');
      assert.equal(await page.page.$eval(VIEW, (it) => it.textContent), '');
      await page.page.reload();
      await page.find('#token');
      // Of whoever may not moderate, and of nobody.
      await signIn(page, await staff.token('7', 'Ben'));
      await says(page, '#token-problem', 'You may not do this: your token does not let you moderate any room.');
      await signIn(page, 'nonsense');
      await says(page, '#token-problem', 'The server does not know this token or key: this is no key of the API.');
      await signIn(page, await staff.token('mod-2', 'Otto', ['*=mod']));
      await page.shows('.me', 'Signed in as Otto');
    });

    test('a report is decided with a sanction: the player and the reporter are told', async () => {
      const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
      const anna = await staff.player('Anna', 'lobby', await staff.token('anna', 'Anna'));
      const insult = '<img src=x onerror=alert(1)> you idiot';
      const seq = await ben.say(insult);
      await anna.report({ room: 'lobby', seq, reason: 'harassment', note: 'Every evening' });
      const page = await moderator();
      await page.shows('#nav .count', '1');
      await anna.report({ user: 'Ben', reason: 'name' });
      await page.shows('#news', 'Reports: 2');
      assert.match(await page.page.title(), /^\(2\) Reports /);
      await press(page, VIEW, 'Report 1', 'a');
      await page.shows('.message.marked .text', insult);
      await says(page, VIEW, 'Every evening');
      // It gets a number in the chat only now, and is the same moderator as before.
      await staff.player('Mona', 'lobby', await staff.token('mod-1', 'Mona', ['*=mod']));
      await press(page, VIEW, 'Take it');
      await says(page, '#status', 'The report is yours.');
      await says(page, VIEW, 'Taken by Mona');
      await says(page, VIEW, 'Give it back');
      await press(page, VIEW, 'Sanction and decide…');
      await page.find('dialog[open]');
      await page.page.select('#ask-seconds', '86400');
      await page.page.type('#ask-rule', 'No insults');
      await page.page.type('#ask-words', 'Thank you');
      await press(page, 'dialog', 'Impose');
      await says(page, '#status', 'The sanction holds, and the report is decided.');
      await says(page, VIEW, 'Decided by Mona');
      const { acted, words } = await anna.until('reportDecided');
      assert.deepEqual([acted, words], [true, 'Thank you']);
      const { sanctions: [holding] } = await staff.call('GET', '/sanctions');
      assert.deepEqual([holding.user.account, holding.room, holding.rule, holding.report], ['ben', 'lobby', 'No insults', 1]);
      await ben.until('sanctioned', ({ sanction }) => sanction.rule === 'No insults' && sanction.kind === 'mute');
      const { reports } = await staff.call('GET', '/reports?state=decided&account=ben');
      assert.equal(reports[0].decision.sanction, holding.id);
      // It is lifted from the list of what holds.
      await press(page, '#nav', 'Sanctions', 'a');
      await page.shows('h1', 'Sanctions');
      await press(page, 'table', 'Lift…');
      await press(page, 'dialog', 'Lift');
      await says(page, '#status', 'It does not hold against Ben any more.');
      await says(page, VIEW, 'Nothing holds here.');
    });

    test('what waits is published or rejected, and another moderator is faster', async () => {
      const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
      for (const number of [1, 2, 3]) await ben.sayHeld(`waitword ${number}`);
      const page = await moderator('/held');
      await page.shows('.card .text', 'waitword 3');
      await press(page, '.card', 'Publish');
      await says(page, '#status', 'The text of Ben is published.');
      await ben.until('line', ({ text }) => text === 'waitword 1');
      // The button that had the focus is gone.
      await page.page.waitForFunction(() => document.activeElement.localName === 'h1');
      await press(page, '.card', 'Reject…');
      await page.page.type('#ask-words', 'Not here');
      await staff.call('POST', '/held/2/reject', {});
      await press(page, 'dialog', 'Reject');
      const late = 'This text does not wait any more: somebody else has decided, or its user has taken it back.';
      await says(page, 'dialog .problem', late);
      assert.equal(await page.page.$eval('#ask-words', (it) => it.value), 'Not here');
      await page.page.keyboard.press('Escape');
      await page.gone('dialog');
      await eventually(async () => (await page.texts('.card .text')).join() === 'waitword 3', 'the list is current');
      await press(page, '.card', 'Reject…');
      await page.page.type('#ask-words', 'Not here');
      await page.page.keyboard.press('Tab');
      await page.page.keyboard.press('Enter');
      await says(page, '#status', 'The text of Ben is rejected.');
      await says(page, VIEW, 'Nothing waits.');
    });

    test('the view stays current, and keeps the focus and what is being typed', async () => {
      await staff.player('Ben', 'lobby');
      const page = await moderator('/rooms');
      await page.shows('tbody th', 'lobby');
      await page.page.type('#rooms-room', 'mar');
      await staff.player('Cleo', 'a-new-room');
      await staff.player('Dora', 'a-newer-room');
      await page.shows('tbody th', 'a-newer-room');
      assert.equal(await page.page.evaluate(() => document.activeElement.id), 'rooms-room');
      await page.page.keyboard.type('ket');
      assert.equal(await page.page.$eval('#rooms-room', (it) => it.value), 'market');
      // A link that moves down keeps the focus, too.
      await page.page.focus('tbody tr:last-child a');
      await staff.player('Eve', 'a-third-room');
      await page.shows('tbody th', 'a-third-room');
      assert.equal(await page.page.evaluate(() => document.activeElement.textContent), 'lobby');
    });

    test('a room gets other settings, a message is removed, and the room is cleared', async () => {
      const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
      await ben.say('Something to remove');
      const page = await moderator('/rooms/lobby');
      await page.shows('.message .text', 'Something to remove');
      await press(page, VIEW, 'Change settings…');
      await page.page.type('#ask-topic', 'News');
      await page.page.click('#ask-announce');
      await press(page, 'dialog', 'Save');
      await says(page, '#status', 'The room has other settings now.');
      assert.deepEqual((await staff.call('GET', '/rooms/lobby')).changed, { topic: 'News', announce_only: true });
      await press(page, VIEW, 'Undo all changes…');
      await press(page, 'dialog', 'Undo');
      await eventually(async () => !('topic' in (await staff.call('GET', '/rooms/lobby')).changed), 'the rule holds again');
      await press(page, '.message', 'Remove message…');
      await press(page, 'dialog', 'Remove');
      await says(page, '#status', 'A message of Ben is removed.');
      await page.gone('.message .text');
      await ben.say('Something to clear');
      await page.shows('.message .text', 'Something to clear');
      await press(page, VIEW, 'Clear…');
      await press(page, 'dialog', 'Clear');
      await says(page, '#status', 'All that was said in “lobby” is removed.');
      await page.gone('.message .text');
      await ben.until('linesCleared');
    });

    test('a user is found with all about it, purged, muted by its name, and its messages are searched', async () => {
      const ben = await staff.player('Ben', 'lobby', await staff.token('ben', 'Ben'));
      await ben.say('a dragon in the hall');
      const page = await moderator('/users');
      await page.page.type('#users-user', 'Ben');
      await page.page.keyboard.press('Enter');
      await page.shows('h1', 'User Ben');
      await press(page, VIEW, 'Search for its messages', 'a');
      await page.shows('.message .text', 'a dragon in the hall');
      await page.page.type('#search-text', 'no such word');
      await page.page.keyboard.press('Enter');
      await says(page, VIEW, 'Nothing was found.');
      // A search that the server refuses can be changed.
      await page.page.$eval('#search-room', (it) => { it.value = 'x'.repeat(300); });
      await page.page.focus('#search-text');
      await page.page.keyboard.press('Enter');
      await page.find('[role="alert"]');
      await page.page.$eval('#search-room', (it) => { it.value = 'lobby'; });
      await page.page.focus('#search-text');
      await page.page.keyboard.press('Enter');
      await says(page, VIEW, 'Nothing was found.');
      await press(page, '#nav', 'Sanctions', 'a');
      await page.find('form');
      await press(page, VIEW, 'New sanction…');
      await page.page.type('#ask-user', 'Nobody');
      await press(page, 'dialog', 'Impose');
      await says(page, 'dialog .problem', 'The server knows no such user.');
      await page.page.$eval('#ask-user', (it) => it.select());
      await page.page.keyboard.type('Ben');
      await press(page, 'dialog', 'Impose');
      await says(page, '#status', 'It holds.');
      await press(page, 'table', 'Ben', 'a');
      await page.shows('h1', 'User Ben');
      await says(page, VIEW, 'sanction imposed');
      await press(page, VIEW, 'Remove all messages…');
      await press(page, 'dialog', 'Remove');
      await says(page, '#status', 'What Ben has said is removed.');
      await ben.until('linesPurged');
    });

    test('a server that was away, and a token that has ended: nothing that was typed is lost', async () => {
      await staff.player('Ben', 'lobby');
      const page = await moderator('/rooms/lobby');
      await press(page, VIEW, 'Change settings…');
      await page.page.type('#ask-topic', 'A long thought');
      await staff.server.kill();
      await press(page, 'dialog', 'Save');
      await says(page, 'dialog .problem', 'The server cannot be reached.');
      await page.find('#trouble');
      await says(page, '#trouble', 'The server cannot be reached.');
      await staff.renewSecret();
      await staff.restart();
      // Its old token is good for nothing now.
      await page.find('#token');
      await page.gone('dialog');
      await says(page, '#token-problem', 'Your token has ended or was revoked. Get a new one from your game, and go on where you were.');
      // It has another name now.
      await signIn(page, await staff.token('mod-1', 'Mona the Wise', ['*=mod']));
      await page.find('dialog[open]');
      assert.equal(await page.page.$eval('#ask-topic', (it) => it.value), 'A long thought');
      await press(page, 'dialog', 'Save');
      await says(page, '#status', 'The room has other settings now.');
      // Somebody else does not get what was typed.
      await press(page, VIEW, 'Change settings…');
      await staff.renewSecret();
      await staff.restart();
      await page.find('#token');
      await signIn(page, await staff.token('mod-2', 'Otto', ['*=mod']));
      await page.shows('.me', 'Signed in as Otto');
      assert.equal(await page.page.$('dialog'), null);
    });

    test('a moderator of some rooms sees those, and no audit log', async () => {
      const ben = await staff.player('Ben', 'guild-1');
      await ben.sayHeld('waitword of the guild');
      const cleo = await staff.player('Cleo', 'lobby');
      await cleo.sayHeld('waitword of the lobby');
      const page = await moderator('/rooms', ['guild-*=mod']);
      await page.shows('tbody th', 'guild-1');
      assert.deepEqual(await page.texts('tbody th'), ['guild-1']);
      assert.deepEqual(await page.texts('#nav a'), ['Reports ', 'Waiting 1', 'Rooms ', 'Sanctions ', 'Users ', 'Search ']);
      await press(page, '#nav', 'Waiting', 'a');
      await page.shows('.card .text', 'waitword of the guild');
      assert.equal((await page.texts('.card')).length, 1);
      await page.page.evaluate(() => { location.hash = '#/rooms/lobby'; });
      await says(page, VIEW, 'You may not do this: your token does not let you moderate `lobby`.');
    });

    test('the language is that of the browser, or the one that is chosen', async () => {
      const page = await moderator('/reports');
      await page.shows('h1', 'Reports');
      await page.page.select('#language', 'de');
      await page.shows('h1', 'Meldungen');
      assert.equal(await page.page.evaluate(() => document.documentElement.lang), 'de');
      await page.page.reload();
      await page.shows('h1', 'Meldungen');
      await press(page, '#head', 'Abmelden');
      await says(page, '#sign-in', 'Füg ein Token ein');
    });
  });
}

/** Waits until the view has come. */
function isLoaded(page) {
  return page.page.waitForFunction(() => document.querySelector('#view h1') && !document.querySelector('#view .loading'));
}

/** Presses the first element with this text within the first element of `within` that has one. */
async function press(page, within, text, tag = 'button') {
  const path = `::-p-xpath(.//${tag}[starts-with(normalize-space(.), "${text}")])`;
  // Wherever it is: the view may be shown anew meanwhile.
  await page.click(`${within} ${path}`);
}

/** Waits until the text of an element has this in it. */
async function says(page, selector, text) {
  const clean = async () => (await page.texts(selector)).join(' | ');
  await eventually(async () => (await clean()).includes(text), `${selector} says ${text}`, clean);
}

async function signIn(page, token) {
  await page.find('#token');
  await page.page.$eval('#token', (it) => it.select());
  await page.page.keyboard.type(token);
  await page.page.keyboard.press('Enter');
}

/** Looks again and again until something is so. */
async function eventually(isSo, what, seen = () => '') {
  const end = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > end) assert.fail(`never: ${what}; but ${await seen()}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}
