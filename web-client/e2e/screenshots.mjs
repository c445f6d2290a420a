// Takes the documents' pictures: the chat page in the middle of a conversation, the moderators' page
// with a report, and the operator's page with a busy server. Run by `cargo xtask screenshots`, which
// takes all of them; `chatPage`, `moderatePage` or `operatePage` behind the folder takes one.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ChatPage, launch } from './page.mjs';
import { Server } from './server.mjs';
import { KEY, StaffServer } from './staff.mjs';

const PEOPLE = ['Mira', 'Tobin', 'Noa', 'Inés'];
// The index of the user, and the text. The picture shows the page of VIEWER.
const CONVERSATION = [
  [0, 'Anyone up for the Sunken Keep tonight?'],
  [2, 'Me! Half an hour, I have to sell my loot first.'],
  [1, 'Count me in. I finally have the frost shield 🛡️'],
  [0, 'Then you go first 😄'],
  [3, '¡Yo también! ¿Dónde nos vemos?'],
  [0, 'At the west gate, by the two lanterns.'],
  [2, 'מגיע עוד מעט'],
  [3, 'Does <b>anybody</b> have a spare rope? Mine broke at the last jump.'],
  [1, 'Two of them. Yours for a song.'],
  [1, 'A good one, please.'],
  [3, 'Deal. I only know the one about the dragon, all fourteen verses of it, and the last time I sang it the innkeeper asked me to leave.'],
  [2, 'I have heard it. The innkeeper was right.'],
  [0, 'West gate, half past eight. Do not be late, the tide will not wait for us.'],
];
const VIEWER = 1;

/** The chat page. */
async function chatPage(browser, folder) {
  const server = await Server.start();
  try {
    const people = [];
    for (const name of PEOPLE) {
      people.push(
        await ChatPage.open(browser, server.url, {
          name,
          viewport: { width: 1100, height: 760 },
          deviceScaleFactor: 2,
          colorScheme: 'dark',
          locale: 'en-GB',
        }),
      );
    }
    for (const [who, text] of CONVERSATION) {
      await people[who].say(text);
      for (const person of people) await person.hears(text);
    }
    const viewer = people[VIEWER];
    // Other conversations have unread messages.
    await viewer.join('market');
    await people[3].join('market');
    await viewer.goTo('lobby');
    await people[3].say('Selling two torches, hardly used.');
    await people[3].say('And a bucket.');
    await people[0].say(`/w ${PEOPLE[VIEWER]} Keep a place in the boat for me`);
    for (const tab of ['market', PEOPLE[0]]) await viewer.tab(tab).locator('.badge', { hasText: /[12]/ }).waitFor();
    await viewer.input.pressSequentially('On my way');
    await take(viewer.page, join(folder, 'chat-page.png'));
  } finally {
    await server.kill();
  }
}

/** The moderators' page, with a report that its moderator has taken. */
async function moderatePage(browser, folder) {
  const staff = await StaffServer.start();
  try {
    const player = async (name) => staff.player(name, 'lobby', await staff.token(name.toLowerCase(), name));
    const [mira, brom, noa] = [await player('Mira'), await player('Brom'), await player('Noa')];
    await mira.say('Anyone up for the Sunken Keep tonight?');
    await noa.say('Me! Half an hour, I have to sell my loot first.');
    await brom.say('Not with you two. You cannot even hold a torch.');
    const seq = await brom.say('Go and play with the kids, losers.');
    await mira.say('That was uncalled for.');
    await mira.report({ room: 'lobby', seq, reason: 'harassment', note: 'He does this every evening.' });
    await noa.report({ user: 'Brom', reason: 'other' });
    await brom.sayHeld('waitword');
    const context = await browser.newContext({
      viewport: { width: 1100, height: 860 }, deviceScaleFactor: 2, colorScheme: 'light', locale: 'en-GB',
    });
    const page = await context.newPage();
    const token = await staff.token('tobin', 'Tobin', ['*=mod']);
    await page.goto(`${staff.url('moderate')}#token=${token}&view=/reports/1`);
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByText('Taken by').waitFor();
    await take(page, join(folder, 'moderate-page.png'));
  } finally {
    await staff.end();
  }
}

/** The operator's page, after a minute in which players have talked. */
async function operatePage(browser, folder) {
  const staff = await StaffServer.start({ keeps: true });
  try {
    const rooms = ['lobby', 'lobby', 'lobby', 'market', 'market', 'guild-7', 'sunken-keep'];
    const players = [];
    for (const [at, room] of rooms.entries()) players.push(await staff.player(`Player ${at + 1}`, room));
    const context = await browser.newContext({
      viewport: { width: 1100, height: 820 }, deviceScaleFactor: 2, colorScheme: 'light', locale: 'en-GB',
    });
    const page = await context.newPage();
    await page.goto(`${staff.url('operate')}#token=${KEY}`);
    const end = Date.now() + 60_000;
    for (let at = 0; Date.now() < end; at += 1) {
      // Now more, now less.
      const speakers = players.filter((_, number) => (at + number) % (1 + Math.round(3 + 3 * Math.sin(at / 20))) === 0);
      await Promise.all(speakers.map((player) => player.say(`line ${at}`)));
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    await take(page, join(folder, 'operate.png'));
  } finally {
    await staff.end();
  }
}

async function take(page, path) {
  await page.screenshot({ path, scale: 'css' });
  console.log(`Wrote ${path}`);
}

const [folder, ...names] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const picture of [chatPage, moderatePage, operatePage]) {
    if (names.length === 0 || names.includes(picture.name)) await picture(browser, folder);
  }
} finally {
  await browser.close();
}
