// A message that a user types and sends before the first room was joined.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askedFor, Scripted } from '../scripted.mjs';

const scripted = Scripted.forEachTest();

test('what was sent before the room was there is said in it', async () => {
  const { server } = scripted;
  server.late.add('join');
  const chat = await scripted.page({ settled: false });
  await chat.introduce('Mira');
  await chat.shows('Connected');
  await askedFor(server, 'join');
  await chat.say('hello');
  assert.equal(await chat.input.inputValue(), 'hello', 'it is still there');
  server.release();
  await chat.hears('hello');
  assert.equal(await chat.input.inputValue(), '');
  assert.equal(server.asked.filter(({ ask }) => ask === 'say').length, 1);
});

test('what was typed before the room was there stays, and is not sent', async () => {
  const { server } = scripted;
  server.late.add('join');
  const chat = await scripted.page({ settled: false });
  await chat.introduce('Mira');
  await chat.shows('Connected');
  await askedFor(server, 'join');
  await chat.say('hell');
  await chat.input.fill('hello, I am not done');
  server.release();
  await chat.tab('lobby').waitFor();
  assert.equal(await chat.input.inputValue(), 'hello, I am not done');
  await chat.say('now I am');
  await chat.hears('now I am');
  assert.deepEqual(server.asked.filter(({ ask }) => ask === 'say').map(({ fields }) => `${fields[2]}`), ['now I am']);
});
