// The common parts of all text boxes: what is wrong with a text, keys, and the height.

import { plural } from './basics.js';
import { hasControls, isReadable } from './texts.js';

const MAX_TEXT_BYTES = 16_384;

/**
 * Returns whether a key belongs to an input method, which uses Enter and Esc for itself. Safari ends the composition
 * before it sends the key, and marks it with the code 229.
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Returns whether Enter makes a new line: a keyboard on the screen has no Shift to hold. */
const isTouched = () => matchMedia('(hover: none) and (pointer: coarse)').matches;

/** Returns whether a key sends the text. */
export function isSending(event) {
  if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return false;
  return !isTouched() || event.ctrlKey || event.metaKey;
}

/**
 * Fits a box to its text, and says in `hint` what is wrong with it, or how much room is left. Returns whether the
 * server would take it.
 */
export function fit(box, hint) {
  box.style.height = 'auto';
  box.style.height = `${box.scrollHeight}px`;
  const left = MAX_TEXT_BYTES - new TextEncoder().encode(box.value).length;
  const wrong = left < 0 ? `Too long by ${plural(-left, 'byte')}.`
    : hasControls(box.value) ? 'Control characters cannot be sent.' : '';
  const words = wrong || (left < 400 ? `${plural(left, 'byte')} left.` : '');
  if (hint.textContent !== words) hint.textContent = words;
  hint.classList.toggle('over', Boolean(wrong));
  return !wrong && isReadable(box.value);
}

/** Returns the text of a box. Half of a character, as an input method may leave one, is no text for the server. */
export const textOf = (box) => box.value.replace(/\p{Surrogate}/gu, '\ufffd');
