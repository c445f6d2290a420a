// The backend of a small game: it signs players in, and gives them tokens for the chat.
//
//   node backend.mjs [--port 8090] [--chat ws://localhost:8080/ws] [--secret secret.txt]
//                    [--library ../../web-client/dist/lib]

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { GUILDS, Players } from './players.mjs';
import { roomsOf, secretIn, tokenFor } from './token.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The files of the page. */
const PAGE = { '/game.js': 'text/javascript', '/game.css': 'text/css' };
/** The chat's library, which `cargo xtask web` builds. */
const LIBRARY = { '/guildhall.js': 'text/javascript', '/guildhall_bg.wasm': 'application/wasm' };

/** More than the form can have. */
const MOST_BYTES = 2_048;
const COOKIE = 'session';
const MISTAKE =
  'A name has 1 to 24 letters and digits, with spaces, - and _ between them. Choose one of the guilds.';

/** The backend as an HTTP server that does not listen yet. `options` has the address of the
 *  chat, the file of the secret, and the folder of the library. */
export function backend(options) {
  const secret = secretIn(options.secretFile);
  const players = new Players();

  const routes = {
    'GET /': async ({ player }) => html(player ? await gamePage(player, options.chat) : await signInPage()),
    // Browsers ask for it, and the game has none.
    'GET /favicon.ico': () => text(204, ''),
    'POST /sign-in': async ({ form }) => {
      const session = players.signIn(form.get('name'), form.get('guild'));
      if (session) return redirect(`${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/`);
      return { ...html(await signInPage(MISTAKE)), status: 422 };
    },
    'POST /sign-out': ({ session }) => {
      players.signOut(session);
      return redirect(`${COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`);
    },
    'POST /chat-token': ({ player }) =>
      player ? text(200, tokenFor(player, secret)) : text(401, 'Sign in first.'),
  };

  async function answer(request) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const route = routes[`${request.method} ${pathname}`];
    if (route) {
      // A form of another site must not act for a player who is signed in here.
      if (request.method === 'POST' && !isOfThisSite(request)) return text(403, 'Not from here.');
      const session = cookie(request);
      return route({ session, player: players.of(session), form: await readForm(request) });
    }
    if (request.method === 'GET' && PAGE[pathname]) {
      return file(here(`public${pathname}`), PAGE[pathname]);
    }
    if (request.method === 'GET' && LIBRARY[pathname]) {
      return file(path.join(options.library, pathname), LIBRARY[pathname]);
    }
    return text(404, 'There is nothing here.');
  }

  return createServer(async (request, response) => {
    const { status, type, body, headers = {} } = await answer(request).catch((error) => {
      if (error instanceof RangeError) return text(413, 'That is too much.');
      console.error(error);
      return text(500, 'That did not work.');
    });
    response.writeHead(status, {
      'content-type': type,
      'content-security-policy': policy(options.chat),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // With 'no-referrer', a form says that it is from nowhere.
      'referrer-policy': 'same-origin',
      ...headers,
    });
    response.end(body);
  });
}

/** The rights of the page: it loads its own files, and connects to the chat. */
function policy(chat) {
  return [
    "default-src 'self'",
    // The library is WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src 'self' ${new URL(chat).origin}`,
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'none'",
  ].join('; ');
}

/** Browsers say with each POST where the page is from that sends it. */
function isOfThisSite({ headers }) {
  return headers.origin === `http://${headers.host}` || headers.origin === `https://${headers.host}`;
}

function cookie({ headers }) {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === COOKIE)?.[1];
}

async function readForm(request) {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) {
    body += piece;
    if (body.length > MOST_BYTES) throw new RangeError('the form is too long');
  }
  return new URLSearchParams(body);
}

async function signInPage(problem = '') {
  const guilds = GUILDS.map((guild) => `<option>${guild}</option>`).join('');
  const page = await readFile(here('public/sign-in.html'), 'utf8');
  return page.replace('{guilds}', guilds).replace('{problem}', problem);
}

async function gamePage(player, chat) {
  const page = await readFile(here('public/game.html'), 'utf8');
  const values = { name: player.name, chat, rooms: roomsOf(player).join(' ') };
  return page.replace(/\{(name|chat|rooms)\}/g, (_, key) => escaped(values[key]));
}

function escaped(value) {
  return value.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
}

const html = (body) => ({ status: 200, type: 'text/html; charset=utf-8', body });
const text = (status, body) => ({ status, type: 'text/plain; charset=utf-8', body });
const redirect = (value) => ({ ...text(303, ''), headers: { location: '/', 'set-cookie': value } });

async function file(name, type) {
  try {
    return { status: 200, type, body: await readFile(name) };
  } catch {
    return text(404, `There is no ${path.basename(name)}: run cargo xtask web.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      chat: { type: 'string', default: 'ws://localhost:8080/ws' },
      secret: { type: 'string', default: here('secret.txt') },
      library: { type: 'string', default: here('../../web-client/dist/lib') },
    },
  });
  const server = backend({ chat: values.chat, secretFile: values.secret, library: values.library });
  server.listen(Number(values.port), 'localhost', () => {
    console.log(`the game is at http://localhost:${server.address().port}/`);
  });
}
