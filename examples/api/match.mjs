// A game's server in Node, without packages. See README.md.

import { randomUUID } from 'node:crypto';

const api = `${process.env.GUILDHALL_API ?? 'http://127.0.0.1:8081'}/api/v1`;

/** Calls the API, and returns what it answers. A request that changes something is sent again if
 * its response was lost: it is carried out once, because it has a key. */
async function call(method, path, body) {
  const headers = {
    authorization: `Bearer ${process.env.GUILDHALL_API_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
      const text = await response.text();
      const content = text ? JSON.parse(text) : null;
      if (response.ok) return content;
      if (response.status !== 503 || attempt === 3) throw new Error(`${content.code}: ${content.detail}`);
    } catch (error) {
      if (!(error instanceof TypeError) || attempt === 3) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
  }
}

console.log(await call('PUT', '/rooms/match-7', { topic: 'Match 7' }));
console.log(await call('POST', '/rooms/match-7/messages', { text: 'The match begins' }));
console.log(await call('POST', '/sanctions', {
  kind: 'mute', user: { account: 'eve' }, room: 'match-7', seconds: 600, reason: 'harassment',
}));
const { lines } = await call('GET', '/rooms/match-7/history');
console.log(lines.map((line) => line.text));
await call('DELETE', '/rooms/match-7');
