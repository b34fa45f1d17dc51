// Swipes, and keys: which of them type, and which are shortcuts. No document.

/** A swipe is at least so long, and at most so slow. */
const LENGTH = 56;
const MAX_MS = 600;

/** Returns the direction of a swipe, or '' if it is none: it may be a tap, a slow drag, or scrolling. */
export function swipeOf({ x, y, ms }) {
  if (ms > MAX_MS || Math.abs(x) < LENGTH || Math.abs(x) < 2 * Math.abs(y)) return '';
  return x > 0 ? 'right' : 'left';
}

// --- keys

/**
 * Returns whether a key is the letter, or where the letter would be if the layout has other letters than Latin ones.
 */
export function isKey({ key, code }, letter) {
  return key.toLowerCase() === letter || (code === `Key${letter.toUpperCase()}` && /[^\0-\x7f]/.test(key));
}

/** Returns whether Ctrl is held, or ⌘ on a Mac: there, Ctrl with a letter moves and deletes in a text. */
export const isCommand = ({ ctrlKey, metaKey }, isMac) => (isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey);

/**
 * Returns whether Alt is held, or ⌃⌥ on a Mac: there, ⌥ with a letter types, as ⌥M types µ. Alt Gr types everywhere.
 */
export const isAlt = ({ altKey, ctrlKey, metaKey }, isMac) => altKey && ctrlKey === isMac && !metaKey;

/** Returns whether a key types a character. */
export function isTyped(event, isMac) {
  const { key, altKey, ctrlKey, metaKey } = event;
  if (key !== 'Dead' && [...key].length > 1) return false;
  const isAltGr = event.getModifierState?.('AltGraph') ?? false;
  return !metaKey && (isAltGr || (!ctrlKey && (isMac || !altKey)));
}
