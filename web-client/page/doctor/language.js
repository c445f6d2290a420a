// The texts of this page in the user's language: that of the browser, or the one that the user has
// chosen, here or in the chat.

import { ENGLISH } from './texts_en.js';
import { GERMAN } from './texts_de.js';

/** The place where the chat page keeps the language that the user has chosen. */
const KEY = 'guildhall.language';

/** The texts of each language. */
export const TEXTS = { en: ENGLISH, de: GERMAN };

/** The languages, by their own names. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' };

/** The text of a language with this key, with these values in its places; nothing if there is no such
 *  text. Numbers are written as in that language. A text is isolated, because it can be in a script of
 *  another direction. */
export function translate(language, key, values = {}) {
  const text = TEXTS[language][key];
  return text?.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(language, value) : `\u2068${value}\u2069`;
  });
}

function number(language, value) {
  const digits = Math.abs(value) < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** The language to begin with. */
export function preferred() {
  const all = [stored(), ...navigator.languages].map((it) => it?.slice(0, 2));
  return all.find((it) => it in TEXTS) ?? 'en';
}

/** Keeps the language for the next visits, of the chat as well. */
export function keep(language) {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // The browser stores nothing: it holds for this visit.
  }
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
