// The chat page in a real browser, as its users find it: by roles and names.

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
// What the browser itself logs while a server is down.
const SERVER_DOWN = /WebSocket connection to '[^']*' failed/;

/** Starts the browser. */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** One person at one page, in a profile of their own. */
export class ChatPage {
  /** What nobody wants to happen: errors, dialogs, requests to elsewhere. */
  faults = [];
  /** Every state that was shown, in its order. */
  states = [];
  #closing = false;

  /** Opens a page, and answers its question for a name: with this one, or not
   *  at all. With `settled` it waits until it is in a room. */
  static async open(browser, url, { name = '', settled = true, ...options } = {}) {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    context.setDefaultTimeout(PATIENCE);
    const chat = new ChatPage();
    chat.page = await context.newPage();
    await chat.#watch(new URL(url).origin);
    await chat.page.goto(url);
    if (settled) {
      await chat.introduce(name);
      // In words in whichever language.
      await chat.page.locator('#status[data-state=online]').waitFor();
      await chat.tabs.first().waitFor();
    }
    return chat;
  }

  /** Answers the question for a name; an empty one skips it. */
  async introduce(name) {
    const dialog = this.page.locator('#entry');
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

  /** Own messages that are on their way or have failed. */
  get outbox() {
    return this.log.locator('[data-nonce]');
  }

  get notes() {
    return this.log.locator('.note');
  }

  get tabs() {
    return this.page.getByRole('tab');
  }

  /** The tab of a room, or of the whispers with somebody, whatever is unread. */
  tab(name) {
    return this.tabs.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** The name that the page shows as one's own. */
  get ownName() {
    return this.page.locator('#own-name');
  }

  /** Joins a room as people do: by the button. */
  async join(room) {
    await this.page.getByRole('button', { name: 'Join a room', exact: true }).click();
    const door = this.page.getByRole('dialog', { name: 'Join a room' });
    await door.getByRole('textbox').fill(room);
    await door.getByRole('button', { name: 'Join', exact: true }).click();
    await this.isIn(room);
  }

  /** Waits until this conversation is the one that is shown. */
  async isIn(name) {
    await this.page.locator('[role=tab][aria-selected=true]').filter({ hasText: name }).waitFor();
  }

  /** Shows another conversation. */
  async goTo(name) {
    await this.tab(name).click();
    await this.isIn(name);
  }

  /** Waits until a remark of the page has these words. */
  noted(words) {
    return this.notes.filter({ hasText: words }).first().waitFor();
  }

  /** Waits for words in the status: a text that is all of it, or a pattern. */
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

  /** The message with this number, counted from 0, once it is there. */
  async message(number) {
    const message = this.messages.nth(number);
    await message.waitFor();
    return message.evaluate((element) => ({
      sender: element.dataset.sender,
      own: element.hasAttribute('data-own'),
      text: element.querySelector('.text').textContent,
      speaker: element.querySelector('.speaker').textContent,
      at: element.querySelector('time[datetime]').dateTime,
      // Markup in a text would show up as elements inside it.
      inText: element.querySelector('.text').childElementCount,
      elements: [...element.querySelectorAll('*')].map(({ localName }) => localName),
    }));
  }

  /** Waits until a message has this text. */
  hears(text) {
    const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const texts = this.messages.locator('.text').filter({ hasText: new RegExp(`^${escaped}$`) });
    return texts.first().waitFor();
  }

  /** Every text so far, in the order of the page. */
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
    await this.page.evaluate(() => {}).catch((error) => this.#fault(`gone: ${error}`));
    this.#closing = true;
    await this.page.context().close();
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
    // A state may be gone before anybody can ask for it.
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
