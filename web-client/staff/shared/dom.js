// Elements, and how a part of the page becomes another one without losing the focus or what is being
// typed. Text is only ever set as text, never as markup.

const HANDLERS = ['onclick', 'onsubmit', 'onchange', 'oninput'];

/** The parts of an element that the user changes: they stay as the user has left them. */
const KEPT = new Set(['value', 'checked', 'selected', 'open']);

/** Makes an element. Properties that begin with `on` are its handlers, all others are attributes;
 *  those that are `false`, `null` or `undefined` are left out, and `true` stands for an empty one.
 *  Children are nodes, texts, or lists of both; what is `null` or `false` is left out.
 *  Siblings that can change their places have a `data-key` each. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((it) => it !== null && it !== undefined && it !== false));
  return element;
}

/** Gives `container` these children in place of those that it has. Elements that stay the same are
 *  not touched; the focus stays where it is, or goes to `otherwise` if its element is gone. */
export function show(container, children, otherwise) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused && 'selectionStart' in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const wanted = document.createElement(container.localName);
  wanted.append(...children.flat(Infinity).filter(Boolean));
  morphChildren(container, wanted);
  if (!focused || document.activeElement === focused) return;
  if (!focused.isConnected) return otherwise?.focus();
  // An element that was moved has lost the focus.
  focused.focus({ preventScroll: true });
  if (selection && selection[0] !== null) focused.setSelectionRange(...selection);
}

function morphChildren(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted.dataset?.key;
    const found = key ? keyed.get(key) : nextAlike(at, wanted);
    if (!found || !isAlike(found, wanted)) {
      from.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else from.insertBefore(found, at);
    morph(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function nextAlike(from, wanted) {
  let at = from;
  while (at && !isAlike(at, wanted)) at = at.nextSibling;
  return at;
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.dataset?.key === other.dataset?.key;
}

function morph(from, to) {
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!KEPT.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const handler of HANDLERS) from[handler] = to[handler];
  // The text of a text field is the user's.
  if (from.localName !== 'textarea') morphChildren(from, to);
}
