// The page: takes the steps one after the other, up to the first that fails, and shows what they find.

import { checkHolding, compareClocks, leave, measureLatency, sayHello, saySomething, sendLonger } from './chat.js';
import { Failure, failed } from './finding.js';
import { keep, LANGUAGES, preferred, translate } from './language.js';
import { beQuiet } from './quiet.js';
import { report } from './report.js';
import { chatAddress, checkHttp, checkPage, checkProgram, checkSubprotocol, checkWebSocket } from './web.js';

/** How long a step may take, in seconds, unless the page's address says otherwise (`?timeout=`). */
const TIMEOUT = 10;
const LONGEST_TIMEOUT = 600;

/** The steps, in the order of a connection's way. */
const STEPS = {
  page: checkPage,
  http: checkHttp,
  websocket: checkWebSocket,
  subprotocol: checkSubprotocol,
  program: checkProgram,
  hello: sayHello,
  room: saySomething,
  holding: checkHolding,
  latency: measureLatency,
  clock: compareClocks,
  length: sendLonger,
};

/** The signs that are seen before an outcome is known, and of one that is. */
const SIGNS = { good: '✓', warning: '!', failed: '✗', untried: '–' };

/** The findings after which another token may help. */
const ASKS_FOR_TOKEN = ['hello-token', 'hello-token-bad'];

/** How the summaries are shown. */
const SUMMARIES = {
  'summary-running': 'running', 'summary-good': 'good', 'summary-warning': 'warning', 'summary-end': 'warning', 'summary-failed': 'failed',
};

const part = (id) => document.getElementById(id);

let language = preferred();
/** The steps of the examination that is shown. */
let examination = null;
/** How the wait on a quiet connection ended, once it has. */
let quiet = null;
/** Ends the wait that goes on. */
let waiting = null;
/** The player's token, if there is one: here alone, and nowhere after this page. */
let token = '';

function text(key, values) {
  return translate(language, key, values);
}

/** Takes the steps. */
async function examine() {
  const steps = Object.keys(STEPS).map((name) => ({ name, outcome: 'waiting' }));
  const visit = { patience: patience(), facts: {}, token };
  examination = { steps, visit, begun: Date.now(), summary: 'summary-running', isOver: false };
  quiet = null;
  stopWaiting();
  show();
  for (const step of steps) {
    step.outcome = 'running';
    showSteps();
    const begun = performance.now();
    step.finding = await take(step.name, visit);
    step.took = visit.took ?? performance.now() - begun;
    visit.took = undefined;
    step.outcome = step.finding.outcome;
    part('news').textContent = `${text(`step-${step.name}`)}: ${text(step.outcome)}`;
    if (step.outcome === 'failed' || step.finding.isEnd) break;
  }
  leave(visit);
  for (const step of steps) if (step.outcome === 'waiting') step.outcome = 'untried';
  examination.summary = summaryOf(steps);
  examination.isOver = true;
  show();
  part('news').textContent = text(examination.summary);
}

async function take(name, visit) {
  try {
    return await STEPS[name](visit);
  } catch (error) {
    if (error instanceof Failure) return error.finding;
    console.error(error);
    return failed('broken', { problem: `${error?.message ?? error}`.slice(0, 200) });
  }
}

/** The key of the text that says how it ended. */
function summaryOf(steps) {
  const last = steps.findLast(({ finding }) => finding);
  if (last.outcome === 'failed') return 'summary-failed';
  if (last.finding.isEnd) return 'summary-end';
  return steps.some(({ outcome }) => outcome === 'warning') ? 'summary-warning' : 'summary-good';
}

function patience() {
  const seconds = Number(new URLSearchParams(location.search).get('timeout'));
  return (seconds >= 1 && seconds <= LONGEST_TIMEOUT ? seconds : TIMEOUT) * 1_000;
}

// The view.

function show() {
  document.documentElement.lang = language;
  document.title = `${text('title')} – Guildhall`;
  part('language').setAttribute('aria-label', text('language'));
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
  showSteps();
  showSummary();
  showToken();
  showQuiet();
  showReport();
}

function showSteps() {
  const shown = examination.steps.map(({ name, outcome, took, finding }) => {
    const item = element('li', { class: 'step', 'data-step': name, 'data-outcome': outcome });
    const title = element('h3', {}, text(`step-${name}`));
    const word = element('span', { class: 'unseen' }, ` (${text(outcome)})`);
    title.append(word);
    const sign = element('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[outcome] ?? '');
    const time = element('span', { class: 'took' }, took === undefined ? '' : text('millis', { millis: took }));
    item.append(sign, title, time);
    if (finding) item.append(told(finding));
    return item;
  });
  part('steps').replaceChildren(...shown);
}

/** The finding, and what to do. */
function told({ key, values }) {
  const container = element('div', { class: 'told' }, element('p', { class: 'found' }, text(key, values)));
  for (const advice of ['-do', '-operator']) {
    const words = text(`${key}${advice}`, values);
    if (!words) continue;
    const title = element('b', {}, text(`advice${advice}`));
    container.append(element('p', { class: `advice ${advice.slice(1)}` }, title, words));
  }
  return container;
}

function showSummary() {
  const { summary, isOver } = examination;
  part('copied').textContent = '';
  part('summary-buttons').hidden = !isOver;
  part('summary').dataset.outcome = SUMMARIES[summary];
  part('summary-title').textContent = text(summary);
  part('summary-more').textContent = text(`${summary}-more`);
}

function showToken() {
  const { steps, isOver } = examination;
  part('token-part').hidden = !isOver || !steps.some(({ finding }) => ASKS_FOR_TOKEN.includes(finding?.key));
}

function showQuiet() {
  const { visit, isOver, summary } = examination;
  part('quiet').hidden = !isOver || !visit.program || ['summary-failed', 'summary-end'].includes(summary);
  part('quiet-result').replaceChildren(...(quiet ? [told(quiet.finding)] : []));
}

function showReport() {
  part('report-part').hidden = !examination.isOver;
  if (!examination.isOver) return;
  const { steps, begun, visit, summary } = examination;
  part('report').textContent = report({ address: chatAddress(), begun, facts: visit.facts, steps, summary, quiet });
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The acts of the user.

function tryAgain() {
  // The button that was pressed vanishes.
  part('steps-title').focus();
  examine();
}

async function copy() {
  const says = (key, isProblem) => {
    part('copied').textContent = text(key);
    part('copied').className = isProblem ? 'problem' : '';
  };
  try {
    await navigator.clipboard.writeText(part('report').textContent);
    says('copied', false);
  } catch {
    // A browser lets only encrypted pages copy: the user can do it.
    part('report-part').open = true;
    getSelection().selectAllChildren(part('report'));
    part('report').focus();
    says('not-copied', true);
  }
}

async function waitQuietly() {
  const button = part('quiet-start');
  if (button.getAttribute('aria-disabled')) return;
  button.setAttribute('aria-disabled', 'true');
  quiet = null;
  showQuiet();
  const seconds = Number(part('quiet-minutes').value) * 60;
  part('quiet-progress').max = seconds;
  part('quiet-running').hidden = false;
  const tick = (over) => {
    part('quiet-progress').value = over;
    part('quiet-time').textContent = text('quiet-time', { over: Math.floor(over), seconds });
  };
  tick(0);
  const begun = performance.now();
  waiting = new AbortController();
  const { signal } = waiting;
  try {
    const finding = await beQuiet(examination.visit, seconds, tick, signal);
    if (signal.aborted) return;
    quiet = { outcome: finding.outcome, finding, took: performance.now() - begun };
  } finally {
    if (!signal.aborted) stopWaiting();
  }
  showQuiet();
  showReport();
}

/** Ends the wait that goes on, if one does: somebody may begin another. */
function stopWaiting() {
  waiting?.abort();
  waiting = null;
  part('quiet-start').removeAttribute('aria-disabled');
  part('quiet-running').hidden = true;
}

for (const [tag, name] of Object.entries(LANGUAGES)) {
  part('language').append(element('option', { value: tag, lang: tag }, name));
}
part('language').value = language;
part('language').onchange = () => {
  language = part('language').value;
  keep(language);
  show();
};
part('again').onclick = tryAgain;
part('token-part').onsubmit = (event) => {
  event.preventDefault();
  token = part('token').value.trim();
  part('token').value = '';
  tryAgain();
};
part('copy').onclick = copy;
part('quiet-start').onclick = waitQuietly;
examine();
