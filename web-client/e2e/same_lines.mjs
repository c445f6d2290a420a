// Compares long lists of lines.

import assert from 'node:assert/strict';

/** Asserts that two lists are equal. The error shows the first difference and a
 *  few lines after it, since nobody can read thousands. */
export function assertSameLines(got, wanted, what) {
  assert.ok(wanted.length > 0, `${what}: nothing to compare with`);
  const [told, due] = [got, wanted].map((lines) => lines.map((line) => JSON.stringify(line)));
  const at = due.findIndex((line, index) => line !== told[index]);
  const [lines, missed] = at < 0 ? [told.slice(due.length), []] : [told.slice(at, at + 5), due.slice(at, at + 5)];
  assert.deepEqual(lines, missed, `${what}, at ${at} of ${due.length}`);
}
