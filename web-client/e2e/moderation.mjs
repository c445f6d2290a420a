// Shared by the tests of moderation on the page: a page in the lobby of a scripted server, and
// its menus and forms.

import { field } from './library.mjs';
import { member, NOW, settings } from './scripted_server.mjs';

/** Opens a page in the lobby, where Ben is, too; Mira may do there what `holds` says. */
export async function inLobby(scripted, holds = {}, options = {}) {
  scripted.server.welcome = [field(7, NOW)];
  scripted.server.rooms.lobby = { settings: settings(holds), members: [member(7, 'Mira'), member(9, 'Ben', 'user-9')] };
  return scripted.page({ name: 'Mira', ...options });
}

export const part = (chat, selector) => chat.page.locator(selector);
export const shows = (chat, selector, words) => part(chat, selector).filter({ hasText: words }).waitFor();
export const gone = (chat, selector) => part(chat, selector).waitFor({ state: 'hidden' });
export const isEmpty = (chat, selector) => part(chat, `${selector}:empty`).waitFor({ state: 'attached' });
export const form = (chat, name) => chat.page.getByRole('dialog', { name, exact: true });

/** Opens the menu of the message with this text, and presses one of its buttons. */
export async function act(chat, words, button) {
  const line = chat.messages.filter({ hasText: words });
  await line.hover();
  await line.locator('.more').click();
  await part(chat, '#line-menu').getByRole('button', { name: button, exact: true }).click();
  await gone(chat, '#line-menu');
}
