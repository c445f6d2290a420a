// The steps that talk with the server, as any player's client does: in a room of their own, and with
// nobody's name.

import { end, failed, Failure, good, warning } from './finding.js';
import { Link } from './link.js';
import { chatAddress } from './web.js';

/** How often the way there and back is measured. */
const TIMES = 7;

/** From here on, a chat feels slow, in milliseconds. */
const SLOW = 400;

/** From here on, the times of messages look wrong, in milliseconds. */
const CLOCKS_APART = 30_000;

/** How long a message may be away before the next one goes out, in milliseconds: if it comes only then,
 *  something has held it back. */
const LONG_AWAY = 1_000;

/** How often that has to happen: a device that is busy for a moment is no proof. */
const HELD_TIMES = 3;

/** The lengths of messages that are tried before the longest one, in bytes. */
const LENGTHS = [256, 1_024, 2_048];

/** Says hello, as a guest or with the token of a player. */
export async function sayHello(visit) {
  visit.link = await Link.open(visit, chatAddress());
  return good('hello-good', { name: visit.link.name });
}

/** Says something in a room of its own. */
export async function saySomething(visit) {
  const { link, patience } = visit;
  link.step = 'talk';
  visit.room = `doctor-${crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, '0')}`;
  const joined = link.until(({ type, request }) => type === 'joined' || type === 'joinDelayed' || (type === 'refused' && request === 'join'));
  link.ask((client) => client.join(visit.room));
  const answer = await link.inTime(patience, joined);
  if (answer.type !== 'joined') return link.refused(answer.failure);
  visit.room = answer.room;
  const sent = Date.now();
  const begun = performance.now();
  const line = await say(visit, 'Is anybody there?');
  if (line.type === 'failed') return link.refused(line.failure);
  if (line.type === 'held') return end('room-held');
  visit.away = performance.now() - begun;
  // The server took its time in the middle of the way.
  visit.clockAhead = line.time - (sent + visit.away / 2);
  return good('room-good');
}

/** Whether a message comes back by itself, and not only when the next one follows. */
export async function checkHolding(visit) {
  const { link, patience } = visit;
  link.step = 'talk';
  if (isSlowed(visit)) return warning('slowed');
  const wait = Math.min(Math.max(LONG_AWAY, 4 * visit.away), patience);
  for (let time = 1; time <= HELD_TIMES; time += 1) {
    const first = say(visit, `A first message (${time})`);
    if (await comes(first, wait)) return good('holding-good');
    // Its own line may be held back as well, until the next one.
    say(visit, `A second message (${time})`).catch(() => {});
    await first;
  }
  return failed('holding-held');
}

/** Whether a promise is fulfilled within this time. What has come while the device was busy counts. */
async function comes(promise, wait) {
  let has = false;
  promise.then(() => { has = true; }, () => {});
  const pause = (millis) => new Promise((resolve) => { setTimeout(resolve, millis); });
  const end = performance.now() + wait;
  while (!has && performance.now() < end) await pause(20);
  // Events of the socket that wait behind the timer.
  await pause(0);
  await pause(0);
  return has;
}

/** How long the way there and back takes. */
export async function measureLatency({ link, patience, room }) {
  link.step = 'talk';
  const times = [];
  while (times.length < TIMES) {
    // A refusal has gone there and back as well.
    const answered = link.until(({ type, request }) => type === 'memberList' || (type === 'refused' && request === 'listMembers'));
    const begun = performance.now();
    link.ask((client) => client.listMembers(room));
    await link.inTime(patience, answered);
    times.push(performance.now() - begun);
  }
  times.sort((one, other) => one - other);
  const values = { median: times[(TIMES - 1) / 2], worst: times[TIMES - 1], count: TIMES };
  return values.median >= SLOW ? warning('latency-slow', values) : good('latency-good', values);
}

/** How far this device's clock is from the server's. */
export async function compareClocks({ clockAhead }) {
  const values = { seconds: Math.abs(clockAhead) / 1_000 };
  if (values.seconds * 1_000 < CLOCKS_APART) return good('clock-good', values);
  return warning(clockAhead > 0 ? 'clock-behind' : 'clock-ahead', values);
}

/** Whether messages of every length get through, up to the longest that a player can send. */
export async function sendLonger(visit) {
  const { link, room } = visit;
  link.step = 'length';
  if (isSlowed(visit)) return warning('slowed');
  const most = link.ask((client) => longest(client, room));
  let through = 0;
  for (const length of [...LENGTHS.filter((it) => it < most), most]) {
    try {
      // A message that is refused, or held for a moderator, has got there as well.
      await say(visit, text(length));
    } catch (error) {
      if (!(error instanceof Failure) || !error.finding.key.startsWith('length-')) throw error;
      return failed(through ? 'length-cut' : 'length-cut-all', { length, most: through });
    }
    through = length;
  }
  return good('length-good', { most });
}

/** The longest text that the server takes in this room. */
function longest(client, room) {
  try {
    client.say(room, 'x'.repeat(1 << 16));
  } catch (error) {
    if (error.code === 'text-too-long') return error.limit;
    throw error;
  }
  throw new Error('the server takes any text');
}

function text(length) {
  return `${length} bytes: `.padEnd(length, 'The quick brown fox jumps over the lazy dog. ');
}

/** Says something. Returns its line, or the event that tells why there is none. */
async function say({ link, room, patience }, words) {
  let nonce = null;
  const came = link.until((event) => nonce !== null && event.nonce === nonce && ['line', 'held', 'failed'].includes(event.type));
  nonce = link.ask((client) => client.say(room, words));
  return link.inTime(patience, came);
}

/** Whether the room is in slow mode: the waits would be taken for faults of the way. */
function isSlowed({ link, room }) {
  return link.settings(room).slowMode > 0;
}

/** Says goodbye. */
export function leave({ link }) {
  link?.close();
}
