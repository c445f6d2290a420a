// The chat page in Chromium and in Firefox. Playwright, which `page.mjs` uses, drives
// only a Firefox of its own, so Puppeteer drives both here, by their roles and names.

import { setTimeout } from 'node:timers/promises';

import puppeteer from 'puppeteer-core';

import { CHROMIUM, firefox, PATIENCE } from './environment.mjs';

/** What a user's system asks of the page. */
export const LOOKS = ['light', 'dark', 'forced'];

/** The browsers, by their names. */
export const BROWSERS = {
  chromium: {
    launch: () =>
      puppeteer.launch({
        browser: 'chrome',
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
          '--disable-background-networking', '--disable-component-update', '--lang=en-GB'],
      }),
    // The browser itself logs this while a server is down.
    serverDown: /WebSocket connection to '[^']*' failed/,
  },
  firefox: {
    launch: (look) =>
      puppeteer.launch({
        browser: 'firefox',
        executablePath: firefox(),
        extraPrefsFirefox: {
          'intl.accept_languages': 'en-GB',
          // Puppeteer cannot change these in Firefox while it runs.
          'layout.css.prefers-color-scheme.content-override': look === 'light' ? 1 : 0,
          'browser.display.document_color_use': look === 'forced' ? 2 : 0,
        },
      }),
    serverDown: /can.t establish a connection to the server at|The connection to .* was interrupted/,
  },
};

/** One browser. Pages that it opens have a profile of their own each. */
export class Browser {
  #browser;
  #kind;
  #look;
  #pages = [];

  /** Starts the browser with this name for a system that looks like this. */
  static async launch(name, look = 'light') {
    const browser = new Browser();
    browser.#kind = BROWSERS[name];
    browser.#look = look;
    browser.#browser = await BROWSERS[name].launch(look);
    return browser;
  }

  /** Opens a page. With `settled`, waits until it is in a room. With `lacks`, requests whose
   *  address ends in this fail. With `beside`, it has the profile of that page. With `token`, the game gives that one. */
  async page(url, { name = '', settled = true, width = 1100, height = 760, lacks = null, beside = null, token = '' } = {}) {
    const context = beside?.context ?? (await this.#browser.createBrowserContext());
    // A window of its own: Firefox hides a tab that is not in front, and slows it down.
    const page = await context.newPage({ type: 'window' });
    page.setDefaultTimeout(PATIENCE);
    const chat = new Chat(page, context, this.#kind, new URL(url).origin);
    this.#pages.push(chat);
    await page.setViewport({ width, height });
    await chat.look(this.#look);
    if (lacks) {
      await page.setRequestInterception(true);
      page.on('request', (request) => (request.url().endsWith(lacks) ? request.abort() : request.continue()));
    }
    if (token) {
      await page.evaluateOnNewDocument((it) => {
        globalThis.guildhall = { getToken: async () => it };
      }, token);
    }
    await page.goto(url);
    if (settled) {
      if (!token) await chat.introduce(name);
      await chat.find('#status[data-state=online]');
      await chat.find('[role=tab]');
    }
    return chat;
  }

  /** Closes all pages, and returns what went wrong on them. */
  async closePages() {
    const pages = this.#pages.splice(0);
    await Promise.all(pages.map((page) => page.close()));
    await Promise.all([...new Set(pages.map(({ context }) => context))].map((it) => it.close()));
    return pages.flatMap(({ faults }) => faults);
  }

  close() {
    return this.#browser.close();
  }
}

/** One user at one page. */
export class Chat {
  /** Everything that must not happen: errors, dialogs, requests to other servers. */
  faults = [];
  /** Its profile. */
  context;
  #kind;
  #session;
  #closing = false;

  constructor(page, context, kind, origin) {
    this.page = page;
    this.context = context;
    this.#kind = kind;
    page.on('pageerror', (error) => {
      // Firefox reports this as an error of the page.
      if (!kind.serverDown.test(error.message)) this.#fault(`error: ${error}`);
    });
    page.on('dialog', async (dialog) => {
      this.#fault(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && !kind.serverDown.test(message.text())) {
        this.#fault(`console: ${message.text()}`);
      }
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.host !== new URL(origin).host) this.#fault(`request: ${url}`);
    });
  }

  /** Makes Chromium show the page as this system would. Firefox cannot change it: it looks
   *  as it was launched. */
  async look(name) {
    if (this.#kind !== BROWSERS.chromium) return;
    this.#session ??= await this.page.createCDPSession();
    const features = {
      'prefers-color-scheme': name === 'light' ? 'light' : 'dark',
      'forced-colors': name === 'forced' ? 'active' : 'none',
    };
    await this.#session.send('Emulation.setEmulatedMedia', {
      features: Object.entries(features).map(([name, value]) => ({ name, value })),
    });
  }

  /** Waits until an element is shown, and returns it. */
  find(selector) {
    return this.page.waitForSelector(selector, { visible: true });
  }

  /** Waits until an element is gone, or hidden. */
  gone(selector) {
    return this.page.waitForSelector(selector, { hidden: true });
  }

  /** Presses an element, wherever it is scrolled to. */
  click(selector) {
    return this.page.locator(selector).click();
  }

  /** The texts of all elements, without the marks that isolate names in them. */
  texts(selector) {
    return this.page.$$eval(selector, (all) =>
      all.map(({ textContent }) => textContent.replace(/[\u2068\u2069]/g, '')),
    );
  }

  /** Waits until an element has exactly this text. */
  async shows(selector, text) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const texts = await this.texts(selector);
      if (texts.includes(text)) return;
      if (Date.now() > end) throw new Error(`no ${selector} has ever shown ${text}, but ${texts.join(' | ')}`);
      await setTimeout(20);
    }
  }

  /** Answers the question for a name. Without a name, skips it. */
  async introduce(name) {
    await this.find('#name-dialog');
    if (!name) return this.click('#skip');
    await this.page.type('#name', name);
    return this.page.keyboard.press('Enter');
  }

  /** Types a text and sends it with Enter. */
  async say(text) {
    await this.page.focus('#message');
    // At once, as pasted: each key takes a browser some milliseconds.
    await this.page.evaluate((text) => document.execCommand('insertText', false, text), text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until somebody has said this, as the log shows it. */
  hears(text) {
    return this.shows('#log [data-sender] .text', text);
  }

  /** Joins a room with the button, as users do. */
  async join(room) {
    await this.click('#add');
    await this.find('#join-dialog');
    await this.page.type('#room', room);
    await this.page.keyboard.press('Enter');
    await this.isIn(room);
  }

  /** Waits until the conversation with this name is shown. */
  isIn(name) {
    return this.shows('[role=tab][aria-selected=true] .tab-name', name);
  }

  /** Shows another conversation. */
  async goTo(name) {
    await this.click(`::-p-xpath(//*[@role="tab"][.//bdi[text()="${name}"]])`);
    await this.isIn(name);
  }

  async close() {
    // Once the page answers, all that it has printed is here.
    await this.page.evaluate(() => {}).catch((error) => this.#fault(`gone: ${error}`));
    this.#closing = true;
    await this.page.close();
  }

  #fault(what) {
    if (!this.#closing) this.faults.push(what);
  }
}
