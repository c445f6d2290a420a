// The first steps, with what any page can do: how this page came, whether the server answers over HTTP,
// whether a WebSocket opens, and whether the chat's program can be loaded.

import { failed, Failure, good, warning, within } from './finding.js';

/** The protocol of the chat. */
const SUBPROTOCOL = 'guildhall.v1';

/** How a browser names what it has sent the page over. */
const HTTP_VERSIONS = { h3: 'HTTP/3', h2: 'HTTP/2', 'http/1.1': 'HTTP/1.1', 'http/1.0': 'HTTP/1.0' };

/** A file of the server, by its path from this page. */
const address = (path) => new URL(path, document.baseURI);

/** The chat's address. */
export function chatAddress() {
  const url = address('ws');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** How this page came: encrypted or not. */
export async function checkPage(visit) {
  const [entry] = performance.getEntriesByType('navigation');
  const version = HTTP_VERSIONS[entry?.nextHopProtocol] ?? 'HTTP';
  // The time that counts is over.
  visit.took = entry && entry.responseEnd - entry.startTime;
  visit.facts['page protocol'] = version;
  if (location.protocol === 'https:') return good('page-encrypted', { version });
  return isSecureContext ? good('page-local') : warning('page-plain');
}

/** Whether the server answers over plain HTTP. */
export async function checkHttp(visit) {
  const [response, text] = await get('healthz', visit, async (it) => [it, await it.text()]);
  const headers = ['via', 'server'].map((it) => [it, response.headers.get(it)]);
  for (const [name, value] of headers) if (value) visit.facts[name] = value.slice(0, 120);
  const via = response.headers.get('via');
  const { status } = response;
  if (response.type === 'opaqueredirect') return failed('http-elsewhere');
  if (status === 200 && text.trim() === 'ok') return via ? good('http-via', { via }) : good('http-good');
  if (status === 200) return failed('http-other');
  if ([401, 403, 407, 511].includes(status)) return failed('http-sign-in', { status });
  if ([502, 503, 504].includes(status)) return failed('http-away', { status });
  return failed('http-status', { status });
}

/** What `read` makes of the answer. That has to be whole in time: something on the way can hold back the
 *  rest of it, or cut it. */
async function get(path, { patience }, read = async (response) => response) {
  const end = new AbortController();
  const request = fetch(address(path), { cache: 'no-store', redirect: 'manual', signal: end.signal }).then(read);
  try {
    return await within(patience, request, failed('http-silent', { seconds: patience / 1000 }));
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(failed(navigator.onLine ? 'http-none' : 'offline'));
  } finally {
    // The rest is of no use. The promise may be broken by that, and nobody waits for it.
    request.catch(() => {});
    end.abort();
  }
}

/** Whether a WebSocket opens through whatever is on the way. */
export async function checkWebSocket(visit) {
  visit.handshake = await open(visit, SUBPROTOCOL);
  if (visit.handshake === 'opened') return good('websocket-good');
  if (visit.handshake === 'silent') return failed('websocket-silent', { seconds: visit.patience / 1000 });
  // To a page, one whose subprotocol got lost looks like one that does not open at all.
  if ((await open(visit)) === 'opened') return good('websocket-good');
  return explain(await get('ws', visit));
}

/** Whether it is for this chat, when it has opened. */
export async function checkSubprotocol({ handshake }) {
  return handshake === 'opened' ? good('subprotocol-good') : failed('subprotocol-lost');
}

/** Opens a WebSocket, and closes it at once. Returns whether it has `opened`, was `refused`, or is
 *  `silent`. Firefox opens one without the subprotocol that was asked for: that is a refusal. */
async function open({ patience }, ...subprotocols) {
  const socket = new WebSocket(chatAddress(), subprotocols);
  const event = (name) => new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }));
  const [opened, closed] = [event('open'), event('close')];
  try {
    const isRight = () => socket.protocol === (subprotocols[0] ?? '');
    const ended = Promise.race([opened.then(() => (isRight() ? 'opened' : 'refused')), closed.then(() => 'refused')]);
    return await within(patience, ended, failed('websocket-silent'));
  } catch {
    return 'silent';
  } finally {
    socket.close(1000);
  }
}

/** Why no WebSocket opens. A browser does not tell a page, but what answers at the same address to an
 *  ordinary request is often the same. */
function explain({ status, type }) {
  if (type === 'opaqueredirect') return failed('websocket-elsewhere');
  switch (status) {
    // That is the server's answer to a request that is not for a WebSocket.
    case 426: return failed('websocket-cut');
    case 401: case 403: case 407: case 511: return failed('websocket-forbidden', { status });
    case 404: return failed('websocket-nothing');
    case 429: return failed('websocket-too-many');
    case 503: return failed('websocket-full');
    case 502: case 504: return failed('http-away', { status });
    default: return failed('websocket-status', { status });
  }
}

/** Whether the chat's program gets here, and the browser runs it. */
export async function checkProgram(visit) {
  if (typeof WebAssembly !== 'object') return failed('program-no-wasm');
  const late = failed('program-silent', { seconds: visit.patience / 1000 });
  try {
    const program = await within(visit.patience, import(address('lib/guildhall.js')), late);
    const module_or_path = address('lib/guildhall_bg.wasm');
    await within(visit.patience, program.default({ module_or_path }), late);
    visit.program = program;
    return good('program-good');
  } catch (error) {
    return error instanceof Failure ? error.finding : failed('program-lost', { problem: `${error.message ?? error}`.slice(0, 200) });
  }
}
