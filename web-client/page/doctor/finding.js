// The finding of a step: its outcome, and the key of the text that says it, with the values in it. Two
// more texts can belong to it: what a player can do (`KEY-do`), and what whoever runs the server can
// do (`KEY-operator`).

/** All is well. */
export const good = (key, values = {}) => ({ outcome: 'good', key, values });

/** Something is not as it should be, and the chat may work all the same. */
export const warning = (key, values = {}) => ({ outcome: 'warning', key, values });

/** The chat cannot work, and no further step makes sense. */
export const failed = (key, values = {}) => ({ outcome: 'failed', key, values });

/** As far as this step all is well, and no further one can be tried. */
export const end = (key, values = {}) => ({ outcome: 'warning', key, values, isEnd: true });

/** A step cannot go on, for the reason that is its finding. */
export class Failure extends Error {
  constructor(finding) {
    super(finding.key);
    this.finding = finding;
  }
}

/** The promise's value, if it comes in time; else a failure with this finding. */
export async function within(millis, promise, finding) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure(finding)), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
