// A page for staff: who is signed in, which view is shown, and how it stays current. The views are
// the page's own. A view has
//
// - `name`: the first part of its place, as in `#/reports/3`;
// - `title`: the key of its name in the list of views. Without one it is not in the list;
// - `isFor(me)`: whether it is for this user. Without this, it is for all;
// - `load(page, place)`: asks the API for what it shows;
// - `render(page, data, place)`: returns `{ title, content }`;
// - `isStill`: whether it is not asked for again and again.
//
// Beside the views a page can have
//
// - `counts(page)`: asks what is known whichever view is shown, and returns how many things wait in
//   which view, at most [`MOST_COUNTED`] each;
// - `every`: how often all of it is asked for, in milliseconds;
// - `patience`: how long an answer to that may take, in milliseconds;
// - `isLive`: whether it shows what changes all the time: nothing is asked for while nobody sees it,
//   and the user can hold it still;
// - `refuses(me)`: the key of the reason why this user cannot use the page, if it cannot;
// - `forget()`: forgets what was shown, because another user comes.

import { Api, Problem } from './api.js';
import { ask, putAway, removeAll } from './dialog.js';
import { h, show } from './dom.js';
import { showHead } from './head.js';
import { Localizer } from './localizer.js';
import { current, to } from './route.js';
import { Session, isSameCaller } from './session.js';
import { showSignIn } from './sign_in.js';
import { showTrouble } from './trouble.js';
import { shownCount, showViews } from './views.js';

/** How often a view that is looked at is asked for again, in milliseconds, unless the page says it. */
const EVERY = 5_000;

/** How often somebody who looks at another tab is told how many things wait, in milliseconds. */
const EVERY_IF_HIDDEN = 60_000;

/** The most pages of a list that is shown at once. */
export const MOST_PAGES = 20;

export class StaffPage {
  localizer;
  api;
  /** The caller, as the API knows it. */
  me = null;
  /** How many pages of a list are shown. */
  pages = 1;
  #session = new Session();
  #views;
  #title;
  #counts;
  #every;
  #isLive;
  #isHeld = false;
  #refuses;
  #forgets;
  #counted = {};
  #shown = null;
  #place = null;
  #loads = 0;
  #timer = 0;
  #signInTimer = 0;
  #trouble = null;
  #bringBack = null;
  #parts = {};

  /** Shows a page with these views, the first of which is the one at the beginning. */
  constructor({ title, texts, views, counts = async () => ({}), every = EVERY, patience, isLive = false, refuses = () => null, forget = () => {} }) {
    this.localizer = new Localizer(...texts);
    this.api = new Api(this.#session, patience);
    this.#title = title;
    this.#views = views;
    this.#counts = counts;
    this.#every = every;
    this.#isLive = isLive;
    this.#refuses = refuses;
    this.#forgets = forget;
    for (const id of ['head', 'nav', 'trouble', 'status', 'sign-in', 'view']) this.#parts[id] = document.getElementById(id);
    addEventListener('hashchange', () => {
      if (this.#session.takeFromAddress()) this.#signIn();
      this.#go();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden && this.#isLive) clearTimeout(this.#timer);
      if (!document.hidden && !this.#isHeld) this.refresh();
    });
    this.#head();
    if (this.#session.token) this.#signIn();
    else this.#askForToken();
  }

  t = (key, values) => this.localizer.text(key, values);

  /** Does something, says that it is done (with the words `done`), and shows what follows. A
   *  problem is said. */
  async act(run, done) {
    try {
      await run();
      this.say(done);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.#ended(error)) return;
      this.say(error.words(this.localizer), true);
    }
    await this.refresh();
  }

  /** Asks by a dialog, does it, and says that it is done. */
  async ask({ done, run, ...options }) {
    const checked = async (values) => {
      try {
        await run(values);
      } catch (error) {
        if (error instanceof Problem) this.#ended(error);
        throw error;
      }
    };
    if (!(await ask({ localizer: this.localizer, ...options, run: checked }))) return;
    this.say(done);
    await this.refresh();
  }

  /** Says something to the user, also to one that does not see. */
  say(text, isProblem = false) {
    const { status } = this.#parts;
    status.className = isProblem ? 'problem' : 'done';
    status.textContent = text;
  }

  /** Tells something that others see to a user that does not see. */
  tell(text) {
    document.getElementById('news').textContent = text;
  }

  /** Goes to a place. */
  go(parts, query) {
    const hash = to(parts, query);
    if (location.hash === hash) this.refresh();
    else location.hash = hash;
  }

  /** A button that shows more of a list. */
  more() {
    const onclick = () => {
      this.pages += 1;
      this.refresh();
    };
    return this.pages < MOST_PAGES && h('button', { type: 'button', onclick }, this.t('more'));
  }

  /** Whether what is shown is as the server has just said it. */
  get isCurrent() {
    return this.#trouble === null && !this.#isHeld;
  }

  /** Shows what is there in another way: the place is another one, and nothing is asked for. */
  showAs(parts, query) {
    history.replaceState(null, '', to(parts, query));
    this.#place = this.#shown.place = current();
    this.#render();
  }

  /** Asks for the view again. */
  async refresh() {
    clearTimeout(this.#timer);
    if (!this.me || !this.#place || this.#session.token === null) return;
    const view = this.#view();
    const load = (this.#loads += 1);
    const [loaded, counted] = await Promise.allSettled([
      view?.load?.(this, this.#place), this.#counts(this),
    ]);
    const problems = [loaded, counted].flatMap(({ reason = [] }) => reason);
    for (const problem of problems) if (!(problem instanceof Problem)) throw problem;
    if (load !== this.#loads || problems.some((it) => this.#ended(it))) return;
    // Whatever has come is taken over, also if the other has not.
    if (counted.status === 'fulfilled') this.#count(counted.value);
    this.#trouble = problems[0] ?? null;
    if (!this.#trouble) {
      this.#shown = { view, data: loaded.value, place: this.#place, time: Date.now() };
    } else if (this.#shown?.place !== this.#place) {
      // A problem of another place than the one that is shown takes its place.
      this.#shown = { view, problem: this.#trouble, place: this.#place };
    }
    try {
      this.#render();
    } finally {
      // Also if this page does not understand a newer server: the next answer may be another one.
      this.#wait(view);
    }
  }

  #wait(view) {
    clearTimeout(this.#timer);
    if (this.#isHeld || (this.#isLive && document.hidden)) return;
    this.#timer = setTimeout(() => {
      if (view?.isStill || document.hidden) this.#recount(view);
      else this.refresh();
    }, document.hidden ? EVERY_IF_HIDDEN : this.#every);
  }

  /** Asks only how many things wait. */
  async #recount(view) {
    const load = this.#loads;
    try {
      const counted = await this.#counts(this);
      if (load !== this.#loads) return;
      this.#count(counted);
      // The server was away, and may have other things to show now.
      if (this.#trouble?.isPassing) return this.refresh();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (load !== this.#loads || this.#ended(error)) return;
      this.#trouble = error;
    }
    this.#showTrouble();
    this.#nav();
    this.#titled();
    this.#wait(view);
  }

  /** Takes over how many things wait. More than before are told to whoever does not see them. */
  #count(counted) {
    const before = this.#counted;
    const isMore = Object.keys(before).some((name) => counted[name] > before[name]);
    this.#counted = counted;
    if (isMore) this.tell(this.#waiting());
  }

  /** How many things wait in which view, in words. */
  #waiting() {
    const views = this.#mine().filter(({ name }) => this.#counted[name]);
    return views.map(({ name, title }) => `${this.t(title)}: ${shownCount(this.#counted[name])}`).join(', ');
  }

  /** The title of the tab says how many things wait. */
  #titled() {
    const heading = this.#parts.view.querySelector('h1')?.textContent;
    const count = Object.values(this.#counted).reduce((sum, one) => sum + one, 0);
    const parts = [heading, this.t(this.#title), 'Guildhall'].filter(Boolean);
    document.title = `${count ? `(${shownCount(count)}) ` : ''}${parts.join(' – ')}`;
  }

  /** Finds out whose the token is, and shows the page. */
  async #signIn() {
    clearTimeout(this.#signInTimer);
    const before = this.me;
    const { token } = this.#session;
    if (token === null) return;
    let me;
    try {
      me = await this.api.get('/me');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The user has pasted another one meanwhile.
      if (this.#session.token !== token) return;
      if (['unauthorized', 'forbidden'].includes(error.code)) {
        this.#session.token = null;
        this.#parts['sign-in'].replaceChildren();
      }
      this.#askForToken(error.words(this.localizer));
      if (error.isPassing) this.#signInTimer = setTimeout(() => this.#signIn(), this.#every);
      return;
    }
    if (this.#session.token !== token) return;
    this.#parts['sign-in'].hidden = true;
    this.#parts['sign-in'].replaceChildren();
    const refused = this.#refuses(me);
    if (refused) {
      this.#session.token = null;
      this.#askForToken(this.t(refused));
      return;
    }
    const isSame = isSameCaller(before?.caller, me.caller);
    if (!isSame) this.#forget();
    this.me = me;
    this.#head();
    this.#parts.view.hidden = this.#parts.nav.hidden = false;
    this.#bringBack?.();
    this.#bringBack = null;
    this.#go(isSame);
  }

  /** Signs out: nothing of what was shown stays. */
  #signOut() {
    this.#session.token = null;
    this.#forget();
    this.#loads += 1;
    clearTimeout(this.#timer);
    history.replaceState(null, '', location.pathname + location.search);
    this.#askForToken();
  }

  #forget() {
    removeAll();
    this.#bringBack = null;
    this.me = this.#shown = this.#place = this.#trouble = null;
    this.#counted = {};
    this.#isHeld = false;
    this.#forgets();
    this.say('');
    for (const id of ['view', 'nav', 'trouble']) this.#parts[id].replaceChildren();
  }

  /** If the token has ended, asks for another one. What the user has typed stays. */
  #ended(problem) {
    if (problem.code !== 'unauthorized') return false;
    if (this.#session.token === null) return true;
    this.#session.token = null;
    this.#loads += 1;
    clearTimeout(this.#timer);
    this.#bringBack ??= putAway();
    this.#askForToken(this.t('token-ended'));
    return true;
  }

  #askForToken(problem) {
    const { view, nav, trouble } = this.#parts;
    view.hidden = nav.hidden = trouble.hidden = true;
    const part = this.#parts['sign-in'];
    const isThere = !part.hidden;
    part.hidden = false;
    this.#head();
    const title = this.t(this.#title);
    document.title = `${title} – Guildhall`;
    const signIn = (it) => {
      this.#session.token = it;
      this.#signIn();
    };
    // Then the token of before is not tried again.
    const onedit = () => { this.#session.token = null; };
    const { token } = this.#session;
    showSignIn(part, { localizer: this.localizer, title, problem, token, signIn, onedit });
    // Nobody is interrupted if it is tried again.
    if (!isThere || document.activeElement === document.body) document.getElementById('token').focus();
  }

  /** Shows the place that the address names. */
  #go(isSame = false) {
    if (!this.me) return;
    const place = current();
    if (place.parts.length === 0) place.parts = [this.#mine()[0].name];
    const isThere = this.#place?.hash === place.hash && isSame;
    if (!isThere) {
      this.#place = place;
      this.pages = 1;
      this.say('');
      this.#loading();
    }
    this.refresh();
  }

  #mine() {
    return this.#views.filter(({ isFor }) => !isFor || isFor(this.me));
  }

  #view() {
    return this.#mine().find(({ name }) => name === this.#place.parts[0]);
  }

  #loading() {
    this.#shown = null;
    this.#nav();
    const view = this.#view();
    const title = this.t(view?.title ?? this.#title);
    this.#content(title, [h('p', { class: 'empty loading' }, this.t('loading'))]);
    this.#parts.view.querySelector('h1').focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  #render() {
    this.#nav();
    this.#head();
    const { view, data, problem, place } = this.#shown ?? {};
    const title = this.t(view?.title ?? this.#title);
    this.#showTrouble();
    if (problem) {
      const again = h('button', { type: 'button', onclick: () => this.refresh() }, this.t('try-now'));
      this.#content(title, [h('p', { class: 'problem' }, problem.words(this.localizer)), again]);
    } else if (!view) {
      this.#content(title, [h('p', { class: 'problem' }, this.t('no-such-view'))]);
    } else {
      const rendered = view.render(this, data, place);
      this.#content(rendered.title ?? title, rendered.content);
    }
  }

  /** Says that what is shown is old, if it is. */
  #showTrouble() {
    const { problem, time } = this.#shown ?? { problem: true };
    const isHeld = this.#isHeld && !problem;
    const options = { localizer: this.localizer, time, isHeld, problem: problem ? null : this.#trouble };
    showTrouble(this.#parts.trouble, { ...options, again: () => this.refresh() });
  }

  #content(title, content) {
    const { view } = this.#parts;
    const heading = view.querySelector('h1');
    show(view, [h('h1', { tabindex: -1 }, title), content], heading);
    this.#titled();
  }

  #nav() {
    const views = this.#mine().filter(({ title }) => title);
    showViews(this.#parts.nav, { localizer: this.localizer, views, here: this.#place?.parts[0], counted: this.#counted });
  }

  #head() {
    const onlanguage = () => {
      this.say('');
      this.#head();
      if (!this.#parts['sign-in'].hidden) this.#askForToken();
      else if (this.#shown) this.#render();
    };
    showHead(this.#parts.head, {
      localizer: this.localizer,
      me: this.#session.token === null ? null : this.me,
      onlanguage,
      hold: this.#isLive && (() => this.#hold()),
      isHeld: this.#isHeld,
      signOut: () => this.#signOut(),
    });
  }

  /** Holds what is shown still, or lets it go on. */
  #hold() {
    this.#isHeld = !this.#isHeld;
    this.#head();
    if (!this.#isHeld) {
      this.refresh();
    } else if (this.#shown) {
      clearTimeout(this.#timer);
      // An answer that is on its way comes too late.
      this.#loads += 1;
      this.#render();
    }
  }
}
