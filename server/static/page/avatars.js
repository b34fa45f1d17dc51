// Avatars: two letters of a name, and one of twelve colours. base.css draws the colours for both themes. No document.

/** Hues in the order of the colour circle. Neighbours differ in lightness, too. */
export const HUES = [15, 45, 75, 105, 135, 165, 195, 225, 255, 285, 315, 345];

/** Scripts whose letters change their shape beside each other. */
const JOINING = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u;
const NON_JOINER = '\u200c';

const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns the characters of a text as its readers count them, as far as the browser knows them. */
const graphemes = (text) => (segmenter ? [...segmenter.segment(text)].map(({ segment }) => segment) : [...text]);

/** Returns a letter in upper case, unless that makes two of it. */
function large(letter) {
  const upper = letter.toUpperCase();
  return graphemes(upper).length > 1 ? letter : upper;
}

/** Returns the first letters of two words, or the first two letters of one word. */
export function initials(name) {
  const words = name.normalize('NFC').split(/[\s\-_.,:;/()]+/u).filter(Boolean).map(graphemes);
  if (!words.length) return graphemes(name).slice(0, 1).join('');
  const [first, second] = words.length > 1 ? [words[0][0], words[1][0]] : words[0];
  // A picture stands for itself.
  if (!second || /\p{Extended_Pictographic}/u.test(first)) return large(first);
  return [large(first), large(second)].join(JOINING.test(first) ? NON_JOINER : '');
}

/** Returns the colour of a name, which is always the same. @returns {{hue: number, isDeep: boolean}} */
export function colourOf(name) {
  let hash = 0x811c9dc5;
  for (const unit of name.normalize('NFC')) hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193);
  // The low bits of this hash depend on the low bits of the letters alone.
  const at = ((hash ^ (hash >>> 15)) >>> 0) % HUES.length;
  return { hue: HUES[at], isDeep: at % 2 === 1 };
}
