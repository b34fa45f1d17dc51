// Helpers for the document. They create elements and set text, and never make markup out of strings.

import { colourOf, initials } from './avatars.js';

export const $ = (id) => document.getElementById(id);

export const isVisible = () => document.visibilityState === 'visible';
export const isLookedAt = () => isVisible() && document.hasFocus();
/** Returns whether the user looks at the messages: the window has the focus, and no dialog or drawer covers them. */
export const isLogSeen = () => isLookedAt() && !document.querySelector('dialog[open], body.drawer');

/** Creates an element with properties or attributes, and with children that are nodes or text. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Draws a path in black on a white square of `size` units. */
export function drawing(size, path, label) {
  const picture = document.createElementNS(SVG, 'svg');
  const dots = document.createElementNS(SVG, 'path');
  for (const [name, value] of [['viewBox', `0 0 ${size} ${size}`], ['role', 'img'], ['aria-label', label], ['class', 'drawing']]) {
    picture.setAttribute(name, value);
  }
  dots.setAttribute('d', path);
  picture.append(dots);
  return picture;
}

/** Draws a path with the colour of the text around it. It has no name. */
export function icon(path) {
  const picture = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'path');
  for (const [name, value] of [['viewBox', '0 0 20 20'], ['width', '18'], ['height', '18'], ['aria-hidden', 'true']]) {
    picture.setAttribute(name, value);
  }
  const look = { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': '1.6', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  for (const [name, value] of Object.entries(look)) line.setAttribute(name, value);
  picture.append(line);
  return picture;
}

/** Sets text only if it differs, so that nothing is announced or laid out twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Sets words of ours and a user's text after them. The text keeps a direction of its own, and with it the place of its
 * punctuation (UAX #9, isolates).
 */
export function setQuoted(node, words, text) {
  if (node.textContent !== words + text) node.replaceChildren(words, element('bdi', {}, text));
}

/** Sets the name for assistive technology. Not all browsers have `ariaLabel`. */
export function setLabel(node, label) {
  if (node.getAttribute('aria-label') !== label) node.setAttribute('aria-label', label);
}

/**
 * Makes the children of `parent` match `rows`, by their keys. A node that is already right is not touched, so it keeps
 * the focus.
 * @template {{key: string}} Row
 * @param {(row: Row) => HTMLElement} make
 * @param {(node: HTMLElement, row: Row) => void} update
 */
export function reconcile(parent, rows, make, update = () => {}) {
  const keys = new Set(rows.map((row) => row.key));
  const kept = new Map();
  for (const node of [...parent.children]) {
    if (keys.has(node.rowKey)) kept.set(node.rowKey, node);
    else node.remove();
  }
  let next = parent.firstChild;
  for (const row of rows) {
    const node = kept.get(row.key) ?? Object.assign(make(row), { rowKey: row.key });
    update(node, row);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

/** Draws the letters of a name, on a colour that is always the same for that name. */
export function paintFace(face, name) {
  const { hue, isDeep } = colourOf(name);
  // Not as text: it is part of no name, and is not copied.
  face.dataset.letters = initials(name);
  face.style.setProperty('--hue', hue);
  face.classList.toggle('deep', isDeep);
  return face;
}

/** Moves the focus to the message box, except on a touch screen, where that would open the keyboard. */
export function focusBox() {
  if (matchMedia('(hover: hover)').matches && !$('composer').hidden) $('text').focus();
}

/** Makes a button show and hide the password in `input`. Returns what hides it. */
export function reveal(input, button) {
  const show = (isShown) => {
    input.type = isShown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(isShown));
  };
  const label = 'Show password';
  setLabel(button, label);
  button.title = label;
  button.addEventListener('click', () => show(input.type === 'password'));
  show(false);
  return () => show(false);
}

/**
 * Says in a dialog that the user is somewhere else now. Keys that are still being pressed must not be typed there, nor
 * close it: the button does not have the focus. A question that is open stays.
 */
export function tellMoved(title, text) {
  const dialog = $('question');
  if (document.querySelector('dialog[open]')) return;
  setText($('question-title'), title);
  setText($('question-text'), text);
  setText($('question-yes'), 'OK');
  $('question-yes').classList.remove('danger');
  $('question-no').hidden = true;
  dialog.showModal();
  dialog.tabIndex = -1;
  dialog.focus();
  dialog.addEventListener('close', () => { $('question-no').hidden = false; }, { once: true });
}

/**
 * Asks a question in a dialog and resolves to the answer. Esc means no. `isGrave`: a yes deletes, shuts out or discloses
 * something, and its button is red.
 */
export function ask(title, text, yes, no, isGrave = false) {
  const dialog = $('question');
  setText($('question-title'), title);
  setText($('question-text'), text);
  setText($('question-yes'), yes);
  setText($('question-no'), no);
  $('question-yes').classList.toggle('danger', isGrave);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => {
      // It may be the text of a message that is about to be deleted.
      setText($('question-text'), '');
      answer(dialog.returnValue === 'yes');
    }, { once: true });
  });
}
