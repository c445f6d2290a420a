// How long a connection lasts on which nobody says anything: the server and the client only make sure
// now and then that the other one is still there, as they do in a game.

import { Failure, failed, good } from './finding.js';
import { Link } from './link.js';
import { chatAddress } from './web.js';

/** Waits this many seconds, and calls `tick` with those that are over. Returns what it has found;
 *  nothing if `signal` ends the wait. */
export async function beQuiet(visit, seconds, tick, signal) {
  const begun = performance.now();
  const over = () => (performance.now() - begun) / 1_000;
  let timer;
  let link;
  try {
    link = await Link.open(visit, chatAddress());
    link.step = 'quiet';
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      link.until(() => false).catch(reject);
      timer = setInterval(() => {
        tick(Math.min(over(), seconds));
        if (over() >= seconds) resolve();
      }, 250);
    });
    // One that was cut without a word looks as if it were still there.
    const answered = link.until(({ type }) => type === 'roomList' || type === 'refused');
    link.ask((client) => client.listRooms());
    await link.inTime(visit.patience, answered);
    return good('quiet-good', { seconds });
  } catch (error) {
    if (signal.aborted) return null;
    if (!(error instanceof Failure)) throw error;
    const { key } = error.finding;
    return key.startsWith('quiet-') ? failed('quiet-cut', { seconds: Math.round(over()) }) : error.finding;
  } finally {
    clearInterval(timer);
    link?.close();
  }
}
