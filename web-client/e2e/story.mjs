// Two stories that have to be the same.

import assert from 'node:assert/strict';

/** Tells the first place where they differ: lists of thousands say nothing. */
export function same(got, wanted, what) {
  assert.ok(wanted.length > 0, `${what}: nothing to compare with`);
  const [told, due] = [got, wanted].map((lines) => lines.map((line) => JSON.stringify(line)));
  const at = due.findIndex((line, index) => line !== told[index]);
  const [lines, missed] = at < 0 ? [told.slice(due.length), []] : [told.slice(at, at + 5), due.slice(at, at + 5)];
  assert.deepEqual(lines, missed, `${what}, at ${at} of ${due.length}`);
}
