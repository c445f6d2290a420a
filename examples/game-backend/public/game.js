// The chat of the game's page, on the library for web games.

import init, { ChatClient } from './guildhall.js';

const element = (id) => document.getElementById(id);
const { chat: address } = document.querySelector('main').dataset;

/** Called by the library when it needs a token: at first, and before one is over. */
async function getToken() {
  const answer = await fetch('chat-token', { method: 'POST' });
  // The player has signed out in another tab: the page asks to sign in again.
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`the game has no token: ${answer.status}`);
  return answer.text();
}

await init({ module_or_path: new URL('guildhall_bg.wasm', import.meta.url) });
const chat = new ChatClient(address, { getToken });

/** Adds a line to the log. Texts of others are shown as text, never as markup. */
function show({ room, name, text, look = {} }) {
  const line = document.createElement('div');
  const part = (kind, content) => {
    const span = document.createElement('span');
    span.className = kind;
    span.textContent = content;
    line.append(span, ' ');
    return span;
  };
  part('room', `[${room}]`);
  if (name !== undefined) {
    if (look.badge) part('badge', look.badge);
    const shown = part('name', `${name}:`);
    if (look.color) shown.style.setProperty('--color', look.color);
  }
  part('text', text);
  const log = element('log');
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  log.append(line);
  while (log.childElementCount > 500) log.firstElementChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

/** Offers the rooms that the player is in. */
function offerRooms() {
  const rooms = chat.rooms.filter(({ joined }) => joined).map(({ name }) => name);
  const select = element('room');
  const chosen = select.value;
  select.replaceChildren(...rooms.map((room) => new Option(room)));
  if (rooms.includes(chosen)) select.value = chosen;
}

chat.onevent = (event) => {
  switch (event.type) {
    case 'state': {
      const { kind, reason } = event.state;
      element('state').textContent = reason ? `${kind}: ${reason}` : kind;
      break;
    }
    case 'welcomed':
      element('me').textContent = event.name;
      break;
    case 'joined':
    case 'left':
    case 'removed':
      offerRooms();
      if (event.type !== 'joined') show({ room: event.room, text: 'You are not here any more.' });
      break;
    case 'line':
      show(event);
      break;
    case 'failed':
      element('problem').textContent = `Not sent: ${event.failure.code}`;
      break;
    case 'tokenFailed':
      element('problem').textContent = event.problem;
      break;
  }
};

element('say').addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  const text = element('text');
  try {
    chat.say(element('room').value, text.value);
    text.value = '';
    element('problem').textContent = '';
  } catch (error) {
    element('problem').textContent = `Not sent: ${error.code ?? error.message}`;
  }
  text.focus();
});

chat.connect();
