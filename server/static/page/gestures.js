// What a finger has done, from where it began and where it is. No document.

/** A swipe is at least so long, and at most so slow. */
const LENGTH = 56;
const MAX_MS = 600;

/** Returns the direction of a swipe, or '' if it is none: it may be a tap, a slow drag, or scrolling. */
export function swipeOf({ x, y, ms }) {
  if (ms > MAX_MS || Math.abs(x) < LENGTH || Math.abs(x) < 2 * Math.abs(y)) return '';
  return x > 0 ? 'right' : 'left';
}
