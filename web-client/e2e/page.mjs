// The chat page in a real browser. Tests find its elements as users do: by role and name.

import { chromium } from 'playwright-core';

import { CHROMIUM, PATIENCE } from './environment.mjs';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// The browser itself logs this while a server is down.
const SERVER_DOWN = /WebSocket connection to '[^']*' failed/;

/** Starts the browser. */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** One user at one page, in a browser profile of its own. */
export class ChatPage {
  /** Everything that must not happen: errors, dialogs, requests to other servers. */
  faults = [];
  /** Every state that the page has shown, in order. */
  states = [];
  #closing = false;

  /** Whether another page owns the browser's context. */
  #isGuest = false;

  /** Opens a page; with `besides`, in another tab of that page's browser. With `settled`, answers its question for a name, or skips it, and
   *  waits until the page is in a room. */
  static async open(browser, url, { name = '', settled = true, besides, ...options } = {}) {
    const context = besides?.page.context() ?? (await browser.newContext({ locale: 'en-GB', ...options }));
    context.setDefaultTimeout(PATIENCE);
    const chat = new ChatPage();
    chat.#isGuest = besides !== undefined;
    chat.page = await context.newPage();
    await chat.#watch(new URL(url).origin);
    await chat.page.goto(url);
    if (settled) {
      await chat.introduce(name);
      // By its attribute: the text may be in any language.
      await chat.page.locator('#status[data-state=online]').waitFor();
      await chat.tabs.first().waitFor();
    }
    return chat;
  }

  /** Answers the question for a name. Without a name, skips it. */
  async introduce(name) {
    const dialog = this.page.locator('#name-dialog');
    if (name) {
      await dialog.getByRole('textbox').fill(name);
      await dialog.locator('[type=submit]').click();
    } else {
      await dialog.locator('#skip').click();
    }
  }

  get input() {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get log() {
    return this.page.getByRole('log', { name: 'Messages', exact: true });
  }

  get status() {
    return this.page.getByRole('status');
  }

  get messages() {
    return this.log.locator('[data-sender]');
  }

  /** The user's messages that are on their way or have failed. */
  get outbox() {
    return this.log.locator('[data-nonce]');
  }

  get notices() {
    return this.log.locator('.notice');
  }

  get tabs() {
    return this.page.getByRole('tab');
  }

  /** The tab of a room, or of the whispers with a user. */
  tab(name) {
    return this.tabs.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** The user's own name, as the page shows it. */
  get ownName() {
    return this.page.locator('#own-name');
  }

  /** Joins a room with the button, as users do. */
  async join(room) {
    await this.page.getByRole('button', { name: 'Join a room', exact: true }).click();
    const joinDialog = this.page.getByRole('dialog', { name: 'Join a room' });
    await joinDialog.getByRole('textbox').fill(room);
    await joinDialog.getByRole('button', { name: 'Join', exact: true }).click();
    await this.isIn(room);
  }

  /** Waits until this conversation is shown. */
  async isIn(name) {
    await this.page.locator('[role=tab][aria-selected=true]').filter({ hasText: name }).waitFor();
  }

  /** Shows another conversation. */
  async goTo(name) {
    await this.tab(name).click();
    await this.isIn(name);
  }

  /** The dialog that is shown if another tab of the browser has the session. */
  get tabDialog() {
    return this.page.getByRole('dialog', { name: 'You are in this chat in another tab' });
  }

  /** Crashes the page: nothing in it can say goodbye. */
  async crash() {
    this.#closing = true;
    const crashed = this.page.waitForEvent('crash');
    this.page.goto('chrome://crash').catch(() => {});
    await crashed;
  }

  /** Waits until a notice of the page contains this text. */
  showsNotice(words) {
    return this.notices.filter({ hasText: words }).first().waitFor();
  }

  /** Waits for a text in the status: the whole text, or a pattern. */
  async shows(words) {
    const whole = typeof words === 'string' ? new RegExp(`^${words}$`) : words;
    try {
      await this.status.filter({ hasText: whole }).waitFor();
    } catch (error) {
      const seen = `it showed ${this.states.join(', ')}; wrong were: ${this.faults.join('; ')}`;
      throw new Error(`the page never showed ${whole}: ${seen}`, { cause: error });
    }
  }

  /** Types a text and sends it with Enter. */
  async say(text) {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Waits for the message with this index, and returns its parts. */
  async message(number) {
    const message = this.messages.nth(number);
    await message.waitFor();
    return message.evaluate((element) => ({
      sender: element.dataset.sender,
      own: element.hasAttribute('data-own'),
      text: element.querySelector('.text').textContent,
      speaker: element.querySelector('.speaker').textContent,
      at: element.querySelector('time[datetime]').dateTime,
      // Markup in a text would be elements inside it.
      inText: element.querySelector('.text').childElementCount,
      elements: [...element.querySelectorAll('*:not(.more)')].map(({ localName }) => localName),
    }));
  }

  /** Waits until a message has this text. */
  hears(text) {
    const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const texts = this.messages.locator('.text').filter({ hasText: new RegExp(`^${escaped}$`) });
    return texts.first().waitFor();
  }

  /** The texts of all messages, in the order of the page. */
  texts() {
    return this.messages.locator('.text').allTextContents();
  }

  /** How far the page, and the log in it, can be scrolled sideways, in pixels. */
  sideways() {
    return this.page.evaluate(() => {
      const over = ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth;
      return {
        page: over(document.documentElement),
        log: over(document.querySelector('[role=log]')),
      };
    });
  }

  /** Closes it. What goes wrong from then on is no fault of the page. */
  async close() {
    // Once the page answers, all that it has shown and printed is here.
    if (!this.#closing) await this.page.evaluate(() => {}).catch((error) => this.#fault(`gone: ${error}`));
    this.#closing = true;
    if (this.#isGuest) await this.page.close();
    else await this.page.context().close();
  }

  #fault(what) {
    if (!this.#closing) this.faults.push(what);
  }

  async #watch(origin) {
    const { page } = this;
    page.on('pageerror', (error) => this.#fault(`error: ${error}`));
    page.on('dialog', async (dialog) => {
      this.#fault(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && !SERVER_DOWN.test(message.text())) {
        this.#fault(`console: ${message.text()}`);
      }
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin) this.#fault(`request: ${url}`);
    });
    // A state may end before a test can ask for it, so the page reports each one.
    await page.exposeFunction('guildhallState', (words) => this.states.push(words));
    await page.addInitScript(() => {
      let last = null;
      const look = () => {
        const words = document.querySelector('[role=status]')?.textContent ?? null;
        if (words !== last) window.guildhallState(words);
        last = words;
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    });
  }
}
