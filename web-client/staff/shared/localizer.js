// Texts, times and numbers in the user's language: that of the browser, or the one that the user
// has chosen.

const KEY = 'guildhall-language';

/** The languages, by their own names. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' };

export class Localizer {
  #texts;
  #language;
  #formats = new Map();

  /** With all of these texts: `{ en: { key: text }, de: … }`. A text can be `{ one, other }`. */
  constructor(...texts) {
    const merge = (language) => Object.assign({}, ...texts.map((it) => it[language]));
    this.#texts = Object.fromEntries(Object.keys(LANGUAGES).map((language) => [language, merge(language)]));
    this.language = chosen() ?? preferred();
  }

  get language() {
    return this.#language;
  }

  set language(language) {
    this.#language = language in LANGUAGES ? language : 'en';
    this.#formats.clear();
    document.documentElement.lang = this.#language;
  }

  /** Chooses a language for the next visits as well. */
  choose(language) {
    this.language = language;
    try {
      localStorage.setItem(KEY, this.#language);
    } catch {
      // The browser stores nothing: it holds for this visit.
    }
  }

  /** The text with this key, and with these values in its places. A value that is a text is
   *  isolated, because it can be in a script of another direction. */
  text = (key, values = {}) => {
    let text = this.#texts[this.#language][key];
    if (text === undefined) throw new Error(`no words: ${key}`);
    if (typeof text === 'object') {
      const rule = this.#format('plural', () => new Intl.PluralRules(this.#language)).select(values.count);
      text = text[rule] ?? text.other;
    }
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === 'number' ? this.number(value) : `\u2068${value}\u2069`;
    });
  };

  /** The words for a name that the server has for something: the name, if this page does not know
   *  it, because the server is newer. */
  word = (kind, name) => (this.has(`${kind}-${name}`) ? this.text(`${kind}-${name}`) : name);

  /** Whether there is a text with this key. */
  has(key) {
    return key in this.#texts[this.#language];
  }

  number(value) {
    return this.#format('number', () => new Intl.NumberFormat(this.#language)).format(value);
  }

  /** A time in milliseconds since 1970, such as `26 Nov 2026, 17:40`. */
  time(millis) {
    const options = { dateStyle: 'medium', timeStyle: 'short' };
    return this.#format('time', () => new Intl.DateTimeFormat(this.#region(), options)).format(millis);
  }

  /** The time of the day alone. */
  clock(millis) {
    return this.#format('clock', () => new Intl.DateTimeFormat(this.#region(), { timeStyle: 'medium' })).format(millis);
  }

  /** How far a time is from now, such as `in 3 hours`. */
  distance(millis, now = Date.now()) {
    const format = this.#format('distance', () => new Intl.RelativeTimeFormat(this.#language, { numeric: 'always' }));
    const seconds = (millis - now) / 1000;
    const units = [['day', 86_400], ['hour', 3_600], ['minute', 60]];
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
    return format.format(Math.round(seconds / size), unit);
  }

  /** The browser's own spelling of the language: dates differ between regions. */
  #region() {
    return navigator.languages.find((it) => it.startsWith(this.#language)) ?? this.#language;
  }

  #format(name, make) {
    if (!this.#formats.has(name)) this.#formats.set(name, make());
    return this.#formats.get(name);
  }
}

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function preferred() {
  const languages = navigator.languages.map((it) => it.slice(0, 2));
  return languages.find((it) => it in LANGUAGES) ?? 'en';
}
