// Two browsers and a client of the tutorial chat with each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fixture } from '../fixture.mjs';
import { Site } from '../site.mjs';

const fixture = Fixture.forEachTest();

test('two pages and a client of the tutorial chat with each other', async () => {
  const tutorial = await fixture.tutorialClient();
  const [greeting] = tutorial.events.all.filter(({ event }) => event === 'packet');
  assert.equal(greeting.hex, '08011a020801', 'the first client gets ID 1');
  const anna = await fixture.page();
  const ben = await fixture.page();

  // From the tutorial's client to both pages: the bytes of "hi".
  tutorial.tell({ do: 'send', hex: '12040a026869' });
  for (const page of [anna, ben]) {
    const { sender, own, text, at } = await page.message(0);
    assert.deepEqual({ sender, own, text }, { sender: '1', own: false, text: 'hi' });
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000, `the time of the message: ${at}`);
  }

  // From a page to the other one and to the tutorial's client, byte for byte.
  await anna.say('Hello!');
  const hello = await tutorial.hear('Hello!');
  assert.equal(hello.hex, '08021208' + '0a06' + Buffer.from('Hello!').toString('hex'));
  const heard = await ben.message(1);
  assert.deepEqual([heard.sender, heard.own, heard.text], ['2', false, 'Hello!']);
  const said = await anna.message(1);
  assert.deepEqual([said.sender, said.own, said.text], ['2', true, 'Hello!']);

  // And back, so that each of the three has spoken to the others.
  await ben.say('Grüße aus der Halle 🏰');
  const gruesse = await tutorial.hear('Grüße aus der Halle 🏰');
  assert.equal(gruesse.sender, 3);
  await anna.hears('Grüße aus der Halle 🏰');
  assert.deepEqual(await anna.texts(), ['hi', 'Hello!', 'Grüße aus der Halle 🏰']);
  assert.deepEqual(await ben.texts(), await anna.texts());
  // Its own text does not come back to a client of the tutorial.
  assert.deepEqual(tutorial.chats.map(({ text }) => text), ['Hello!', 'Grüße aus der Halle 🏰']);
});

test('each user has a name, the same on every page', async () => {
  const anna = await fixture.page();
  const ben = await fixture.page();
  const carl = await fixture.page();
  await anna.say('one');
  await carl.hears('one');
  await ben.say('two');
  await carl.hears('two');
  const [one, two] = [await carl.message(0), await carl.message(1)];
  assert.notEqual(one.speaker, two.speaker);
  await anna.hears('two');
  assert.equal((await anna.message(1)).speaker, two.speaker);
});

test('texts arrive in the order in which they were sent', async () => {
  const anna = await fixture.page();
  const ben = await fixture.page();
  const texts = Array.from({ length: 100 }, (_, number) => `line ${number}`);
  for (const text of texts) await anna.say(text);
  await ben.hears(texts.at(-1));
  assert.deepEqual(await ben.texts(), texts);
});

test('?server= names another server, which accepts the page if its origin is allowed', async () => {
  const host = await fixture.anotherServer({ flags: ['--page-server', '*'] });
  const { origin } = new URL(host.url);
  const other = await fixture.anotherServer({
    flags: ['--allow-origin', origin, '--page-server', host.chat],
  });
  const tutorial = await fixture.tutorialClient('at the other', other);
  const page = await fixture.page({
    url: `${host.url}?server=${encodeURIComponent(other.chat)}`,
  });
  await page.say('from another page');
  await tutorial.hear('from another page');

  // The server that allows no other origin refuses the page.
  const stranger = await fixture.page({
    url: `${other.url}?server=${encodeURIComponent(host.chat)}`,
    settled: false,
  });
  await stranger.introduce('Stranger');
  await stranger.shows(/^Reconnecting in \d+ s$/);
  assert.ok(!stranger.states.includes('Connected'), stranger.states.join(', '));
});

test('the page connects to no server that its own does not allow', async () => {
  const other = await fixture.anotherServer({ flags: ['--allow-origin', '*'] });
  const allowed = await fixture.anotherServer({ flags: ['--page-server', other.chat] });
  const address = (server) => `${server.url}?server=${encodeURIComponent(other.chat)}`;
  await fixture.page({ url: address(allowed) });

  const page = await fixture.page({ url: address(fixture.server), settled: false });
  await page.introduce('Victim');
  await page.shows('Disconnected');
  await page.page.getByText(/may not connect to .*--page-server/).waitFor();
  assert.ok(!page.states.includes('Connected'), page.states.join(', '));
  const clients = other.log.all.filter((line) => line.includes('client connected'));
  assert.equal(clients.length, 1, 'the other server saw the page that may connect');
  // The browser says what it has refused.
  const blocked = page.faults.splice(0);
  assert.ok(blocked.length > 0);
  for (const fault of blocked) assert.match(fault, /Content Security Policy.*connect-src/s);
});

test('no other page can show the chat in a frame', async () => {
  const site = await Site.open();
  try {
    site.add('frame.html', `<!doctype html><iframe src="${fixture.server.url}"></iframe>`);
    const page = await fixture.browser.newPage();
    await page.goto(`${site.origin}/frame.html`);
    const [, frame] = page.frames();
    assert.match(frame.url(), /^chrome-error:/);
    assert.equal(await frame.locator('#log').count(), 0);
    await page.close();
  } finally {
    site.close();
  }
});

test('the page says that ?server= is not an address', async () => {
  const page = await fixture.page({ url: `${fixture.server.url}?server=nonsense`, settled: false });
  await page.shows('Disconnected');
  await page.page.getByText('nonsense').waitFor();
});
