// The report for whoever runs the server, as plain text. It is in English, whatever the page is in: it
// goes to others. It has no token and no address of the player.

import { translate } from './language.js';

const MARKS = { good: 'ok     ', warning: 'warning', failed: 'FAILED ', waiting: '-      ', untried: '-      ', running: '…      ' };

/** The report of these steps. */
export function report({ address, begun, facts, steps, summary, quiet }) {
  const lines = [
    'Guildhall connection report',
    ...Object.entries({ chat: address, page: location.origin + location.pathname, time: new Date(begun).toISOString(), browser: navigator.userAgent, ...facts })
      .map(([name, value]) => `${`${name}:`.padEnd(15)} ${value}`),
    '',
    ...steps.flatMap(told),
    '',
    plain(translate('en', summary)),
  ];
  if (quiet) lines.push('', ...told({ name: 'quiet', ...quiet }));
  return `${lines.join('\n')}\n`;
}

function told({ name, outcome, took, finding }) {
  const time = took === undefined ? '' : `${took.toFixed(1)} ms`;
  const says = (part) => finding && translate('en', `${finding.key}${part}`, finding.values);
  const lines = [`${MARKS[outcome]} ${name.padEnd(12)} ${time.padStart(11)}  ${says('') ?? ''}`.trimEnd()];
  for (const part of ['-do', '-operator']) {
    if (says(part)) lines.push(`        ${translate('en', `advice${part}`)}: ${says(part)}`);
  }
  return lines.map(plain);
}

/** Without the marks that isolate texts, which a plain text shows as boxes. */
function plain(text) {
  return text.replace(/[\u2066-\u2069]/g, '');
}
