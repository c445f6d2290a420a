// The backend by itself: who gets which token, and what is refused.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { backend } from './backend.mjs';
import { Players } from './players.mjs';
import { secretIn, tokenFor } from './token.mjs';

const CHAT = 'ws://localhost:8080/ws';
let server;
let origin;
let folder;
let secretFile;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'game-backend-'));
  secretFile = path.join(folder, 'secret.txt');
  server = backend({ chat: CHAT, secretFile, library: folder });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  origin = `http://localhost:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** Sends a request as a page of the game does. */
function send(method, url, { form, session, from = origin } = {}) {
  return fetch(origin + url, {
    method,
    redirect: 'manual',
    headers: { ...(from && { origin: from }), ...(session && { cookie: `session=${session}` }) },
    body: form && new URLSearchParams(form),
  });
}

/** Signs in. Returns the session. */
async function signIn(name, guild = 'owls') {
  const answer = await send('POST', '/sign-in', { form: { name, guild } });
  assert.equal(answer.status, 303);
  const cookie = answer.headers.get('set-cookie');
  assert.match(cookie, /^session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  return /^session=([^;]+)/.exec(cookie)[1];
}

/** The claims of a session's token, whose signature is right. */
async function claims(session) {
  const answer = await send('POST', '/chat-token', { session });
  assert.equal(answer.status, 200);
  const token = await answer.text();
  const [header, body, signature] = token.split('.');
  const secret = readFileSync(secretFile, 'utf8').trim();
  const signed = createHmac('sha256', secret).update(`${header}.${body}`).digest('base64url');
  assert.equal(signature, signed);
  return JSON.parse(Buffer.from(body, 'base64url'));
}

test('a player gets a token for its guild and its team', async () => {
  const session = await signIn('Mira');
  const { iat, exp, sub, ...rest } = await claims(session);
  assert.match(sub, /^[\da-f-]{36}$/);
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60);
  assert.equal(exp - iat, 600);
  const rooms = ['guild-owls', 'team-red'];
  const allow = ['join', 'say', 'history', 'members'];
  assert.deepEqual(rest, {
    name: 'Mira',
    aud: 'chat',
    info: { color: '#e8a33d', badge: 'owls' },
    rooms,
    caps: [{ rooms, allow }],
  });
  const bo = await claims(await signIn('Bo', 'foxes'));
  assert.deepEqual(bo.rooms, ['guild-foxes', 'team-blue']);
});

test('the same name is the same player on another device', async () => {
  const [one, two] = [await signIn('Zoë'), await signIn(' zoë ', 'foxes')];
  assert.notEqual(one, two);
  assert.equal((await claims(one)).sub, (await claims(two)).sub);
});

test('nobody gets a token who is not signed in', async () => {
  for (const session of [undefined, 'made-up', '']) {
    const answer = await send('POST', '/chat-token', { session });
    assert.equal(answer.status, 401);
  }
  const session = await signIn('Ann');
  const answer = await send('POST', '/sign-out', { session });
  assert.match(answer.headers.get('set-cookie'), /Max-Age=0/);
  assert.equal((await send('POST', '/chat-token', { session })).status, 401);
});

test('pages of other sites act for nobody', async () => {
  const session = await signIn('Cleo');
  for (const from of ['https://evil.example', 'null', null]) {
    assert.equal((await send('POST', '/chat-token', { session, from })).status, 403, `${from}`);
    const form = { name: 'Eve', guild: 'owls' };
    assert.equal((await send('POST', '/sign-in', { form, from })).status, 403, `${from}`);
  }
});

test('names and guilds that cannot be are refused', async () => {
  for (const form of [
    { name: '', guild: 'owls' },
    { name: 'x'.repeat(25), guild: 'owls' },
    { name: '<b>', guild: 'owls' },
    { name: 'a\u200bb', guild: 'owls' },
    { name: 'Mira', guild: 'dragons' },
    { guild: 'owls' },
    { name: 'Mira' },
  ]) {
    const answer = await send('POST', '/sign-in', { form });
    assert.equal(answer.status, 422, JSON.stringify(form));
    assert.match(await answer.text(), /role="alert">A name has/);
  }
  const long = await send('POST', '/sign-in', { form: { name: 'x'.repeat(3_000), guild: 'owls' } });
  assert.equal(long.status, 413);
});

test('the page is for whoever is signed in, and other files are not served', async () => {
  const page = async (session) => (await send('GET', '/', { session })).text();
  assert.match(await page(), /<form method="post" action="sign-in">/);
  const game = await page(await signIn('D-Arcy'));
  assert.match(game, /data-chat="ws:\/\/localhost:8080\/ws" data-rooms="guild-owls team-/);
  assert.match(game, /<strong id="me">D-Arcy<\/strong>/);
  const headers = (await send('GET', '/')).headers;
  assert.match(headers.get('content-security-policy'), /connect-src 'self' ws:\/\/localhost:8080;/);
  for (const url of ['/secret.txt', '/../token.mjs', '/public/game.js', '/guildhall.d.ts', '/sign-in']) {
    assert.equal((await send('GET', url)).status, 404, url);
  }
  assert.equal((await send('GET', '/game.js')).status, 200);
  const missing = await send('GET', '/guildhall.js');
  assert.deepEqual([missing.status, await missing.text()], [404, 'There is no guildhall.js: run cargo xtask web.']);
});

test('the secret is made once, and nobody else may read it', () => {
  const made = secretIn(secretFile);
  assert.match(made, /^[\da-f]{64}$/);
  assert.equal(secretIn(secretFile), made);
  if (process.platform !== 'win32') assert.equal(statSync(secretFile).mode & 0o777, 0o600);
  const player = { id: '1', name: 'Mira', guild: 'owls', team: 'red', color: '#000000' };
  assert.notEqual(tokenFor(player, made, 0), tokenFor(player, 'x'.repeat(32), 0));
});

test('somebody who signs in for ever does not fill the memory', () => {
  const players = new Players();
  const first = players.signIn('Ann', 'owls');
  let last;
  for (let session = 0; session < 10_000; session++) last = players.signIn('Bo', 'owls');
  assert.equal(players.of(first), undefined);
  assert.equal(players.of(last).name, 'Bo');
});
