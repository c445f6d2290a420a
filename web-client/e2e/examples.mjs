// The examples of the library's README.

import { readFile } from 'node:fs/promises';

const README = new URL('../README.md', import.meta.url);

/** The heading and the code of each example. */
export async function examples() {
  const text = await readFile(README, 'utf8');
  const blocks = text.matchAll(/^### ([^\n]+)\n\n```js\n(.*?)^```$/gms);
  return Array.from(blocks, ([, heading, code]) => ({ heading, code }));
}
