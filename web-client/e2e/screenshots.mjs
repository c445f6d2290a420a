// Takes the documents' picture of the page, in the middle of a conversation. Run by
// `cargo xtask screenshots`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ChatPage, launch } from './page.mjs';
import { Server } from './server.mjs';

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

const folder = process.argv[2];
const server = await Server.start();
const browser = await launch();
try {
  await mkdir(folder, { recursive: true });
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
  const path = join(folder, 'chat-page.png');
  await viewer.page.screenshot({ path, scale: 'css' });
  console.log(`Wrote ${path}`);
} finally {
  await browser.close();
  await server.kill();
}
