// How well a name fits what was typed, and the order of what fits. No document.

const BEGINNING = 1;
const WORD = 2;
const INSIDE = 3;
const SCATTERED = 4;
const SLIP = 5;
/** Shorter words have too many neighbours. */
const LEAST_FOR_SLIP = 3;

/** Letters that are not one with a mark, but are typed as other ones. */
const LETTERS = { æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ŧ: 't', ŋ: 'n', ĸ: 'k', ς: 'σ' };

/** Returns a text without case and marks. The capitals of ß are SS, and that of ı is I. */
export const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().toUpperCase().toLowerCase()
  .replace(/[^\0-\x7f]/g, (letter) => LETTERS[letter] ?? letter);

const wordsOf = (text) => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** Returns whether two texts differ in one letter: left out, added, exchanged, or swapped with its neighbour. */
function isSlip(one, other) {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const [a, b] = [one.slice(at), other.slice(at)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)
    || (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
}

/** Returns whether a word begins with `typed`, but for one slip. */
const beginsNearly = (word, typed) =>
  [-1, 0, 1].some((more) => word.length >= typed.length + more && isSlip(typed, word.slice(0, typed.length + more)));

/** Returns whether all letters of `typed` are in `text`, in order, the first one at the beginning of a word. */
function isScattered(text, typed) {
  return wordsOf(text).some((word) => {
    if (word[0] !== typed[0]) return false;
    let at = text.indexOf(word) - 1;
    return [...typed].every((letter) => (at = text.indexOf(letter, at + 1)) >= 0);
  });
}

/** Returns how far a name is from what was typed, both folded: 0 for the same, Infinity if it does not fit. */
export function distance(name, typed) {
  if (!typed || name === typed) return 0;
  if (name.startsWith(typed)) return BEGINNING;
  const words = wordsOf(name);
  if (words.some((word) => word.startsWith(typed))) return WORD;
  if (name.includes(typed)) return INSIDE;
  if (isScattered(name, typed)) return SCATTERED;
  return typed.length >= LEAST_FOR_SLIP && [name, ...words].some((word) => beginsNearly(word, typed)) ? SLIP : Infinity;
}

/**
 * Returns what fits, the best first: by distance, then unread ones, then the latest, then those that are near.
 * @template {{names: string[], unread?: number, latest?: number, isNear?: boolean}} Candidate
 * @param {Candidate[]} candidates
 */
export function rank(candidates, text) {
  const typed = fold(text.trim());
  const far = new Map(candidates.map((one) => [one, Math.min(...one.names.map((name) => distance(fold(name), typed)))]));
  const order = (a, b) => far.get(a) - far.get(b) || Boolean(b.unread) - Boolean(a.unread)
    || (b.latest ?? 0) - (a.latest ?? 0) || Boolean(b.isNear) - Boolean(a.isNear) || (a.names[0] < b.names[0] ? -1 : 1);
  return candidates.filter((one) => far.get(one) < Infinity).sort(order);
}
