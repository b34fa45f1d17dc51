// A text: the links and names in it, and whether there is anything to read. formatting/ finds what is marked. Pure.

/**
 * What draws something, by the rule of the server (`domain/text.rs`): everything but spaces, format characters and what
 * is ignored. Some signs are format characters that draw, and some letters and symbols are blank.
 */
const VISIBLE = new RegExp('[^\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800\\ufffc\\u{13441}\\u{13442}\\u{16fe4}\\u{1d159}]'
  + '|[\\u0600-\\u0605\\u06dd\\u070f]', 'u');

/** Returns whether a text has a visible character. */
export const isReadable = (text) => VISIBLE.test(text);

/**
 * A sign that is drawn as text, such as ©, is an emoji with U+FE0F, with a colour of skin, or joined with another one.
 */
const PICTURE = '\\p{ExtPict}\\ufe0f?\\p{EMod}?';
const ALONE = '\\p{ExtPict}(?:\\ufe0f\\p{EMod}?|\\p{EMod})|(?=\\p{ExtPict})\\p{EPres}(?!\\ufe0e)';
const FLAG = '\\p{RI}{2}|\\u{1f3f4}[\\u{e0030}-\\u{e007a}]+\\u{e007f}';
const EMOJI = `(?:${FLAG}|[#*0-9]\\ufe0f\\u20e3|${PICTURE}(?:\\u200d${PICTURE})+|${ALONE})`;
const FEW_EMOJI = new RegExp(`^\\s*(?:${EMOJI}\\s*){1,5}$`, 'u');

/** Returns whether a text is nothing but a few emoji, which are drawn large. */
export const isEmoji = (text) => FEW_EMOJI.test(text);

/** Returns whether a text has control characters, which the server refuses. */
export const hasControls = (text) => /[^\P{Cc}\n\t]/u.test(text);

/**
 * Characters that end a link wherever they are: spaces, quotation marks, brackets and punctuation beyond ASCII, and
 * what is not seen. Scripts with such punctuation put no space after it. Middle dots, as in Japanese names, are part of
 * words.
 */
const NOT_IN_LINKS = '\\s<>"\\x60\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\p{Pi}\\p{Pf}\\u275b-\\u2760\\u2800\\u2014'
  + '\\u3001-\\u3004\\u3008-\\u3020\\u3030\\ufe10-\\ufe19\\ufe30-\\ufe6b\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff64';
const BEYOND_ASCII = '[^\\0-\\x7f]';
const IN_LINKS = `(?:[\\0-\\x7f\\u00b7\\u2027\\u30fb]|(?![\\p{Ps}\\p{Pe}\\p{Po}])${BEYOND_ASCII})`;
/** Persian words and emoji have joiners inside. */
const JOINERS = '[\\u200c\\u200d\\ufe0f](?![\\0-\\x7f])(?=[\\p{L}\\p{M}\\p{Extended_Pictographic}])';
const WORDS = new RegExp(
  `[hH][tT][tT][pP][sS]?://(?:(?![${NOT_IN_LINKS}])${IN_LINKS}|${JOINERS})+|[@#][a-zA-Z0-9][a-zA-Z0-9_-]*`, 'gu',
);
const BEFORE_NAME = /[\w@#&./-]/;
const MAX_NAME = 32;

/** What a link may stand in, and what then ends it. */
const CLOSING = { "'": "'", '‘': '’', '(': ')', '[': ']', '{': '}' };
const OPENING = { ')': '(', ']': '[', '}': '{' };

/**
 * Finds the links, and what may be the names of users and rooms, with their places in the text.
 * @returns {Generator<{index: number, part: {text: string, href?: string, mention?: string, room?: string}}>}
 */
export function* wordsIn(text) {
  const pattern = new RegExp(WORDS);
  for (let match; (match = pattern.exec(text));) {
    const { 0: whole, index } = match;
    const before = text[index - 1] ?? '';
    const kind = { '@': 'mention', '#': 'room' }[whole[0]];
    if (kind) {
      const name = whole.slice(1).toLowerCase();
      if (!BEFORE_NAME.test(before) && name.length <= MAX_NAME) yield { index, part: { [kind]: name, text: whole } };
      continue;
    }
    const part = link(withoutPunctuation(whole, before));
    if (!part) continue;
    // What was cut off may hold another link.
    pattern.lastIndex = index + part.text.length;
    yield { index, part };
  }
}

/** Returns null unless the address is valid and of http or https: other schemes can run scripts. */
function link(text) {
  try {
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) ? { text, href: url.href } : null;
  } catch {
    return null;
  }
}

/**
 * Cuts off what belongs to the sentence around a link: "(see https://a.example/b_(c))." links to "…/b_(c)". A closing
 * bracket or quotation mark ends it if its opening one is not part of the link.
 */
function withoutPunctuation(url, before) {
  const open = { '(': 0, '[': 0, '{': 0 };
  const quote = CLOSING[before];
  let end = 0;
  for (; end < url.length; end += 1) {
    const character = url[end];
    if (character in open) open[character] += 1;
    const opening = OPENING[character];
    if (opening ? (open[opening] -= 1) < 0 : character === quote) break;
  }
  const last = before === '|' ? /[.,;:!?'’*…_~|([{]/ : /[.,;:!?'’*…_~([{]/;
  while (last.test(url[end - 1])) end -= 1;
  return url.slice(0, end);
}

const LINE_OF_CODE = /^(?:\t| {2})(?!\s*(?:[-*+•>]|\d+[.)]) )\s*\S|[{};]$|^[}\])]/;
const FENCE = /^[ \t]{0,3}\x60{3}/gm;

/** Returns whether a text of some lines looks like code. One with a fence is marked already. */
export function looksLikeCode(text) {
  const lines = text.split('\n').filter((line) => line.trim());
  return lines.length > 2 && !text.match(FENCE) && lines.filter((line) => LINE_OF_CODE.test(line)).length * 3 >= lines.length;
}

/** The fences of formatting/blocks.js, the shortest first. A line that ends with one ends the block. */
const FENCES = [3, 4, 5, 6, 7, 8].map((length) => '\x60'.repeat(length));

/**
 * Returns a text as a block of code between two others. Returns null if that would be within a block, or if the code
 * has every fence in it.
 */
export function asCode(code, before, after) {
  const fence = FENCES.find((ticks) => !code.includes(ticks));
  if (!fence || (before.match(FENCE) ?? []).length % 2) return null;
  const [first, last] = [before && !before.endsWith('\n') ? '\n' : '', after && !after.startsWith('\n') ? '\n' : ''];
  return `${first}${fence}\n${code.trimEnd()}\n${fence}${last}`;
}
