// What is marked inside a line: code, bold, italic, struck, links. Pure, and linear in the length of the text.
//
//   `code`   ```a `` b```   *bold*   **bold**   _italic_   ~~struck~~   [words](https://a.example)
//
// - Of marks and backticks, what is closed on the same line counts. Everything else is text, as it was typed.
// - A mark opens at the beginning of a word and closes at the end of one, so that snake_case, 2*3*4 and *.js stay. Scripts
//   that put no spaces between words need none around marks either.
// - Between marks there is at least one letter, digit or emoji: *_* is a face.
// - After a backslash a mark is text, and the backslash stays: ¯\_(ツ)_/¯
// - Addresses, mentions and code hold no marks. Links lead to http, https and mailto. If the words of a link look like
//   another address, the real one stands beside them.

import { wordsIn } from '../texts.js';

/**
 * A part of a text. `mark` is what was typed to format it, and is not shown: joined with it, the parts are the text.
 * @typedef {string | {mark: string} | {tag: string, parts: Part[], href?: string, host?: string}
 *   | {mention: string, text: string} | {room: string, text: string}} Part
 */

const TAGS = { '*': 'strong', '**': 'strong', '***': 'strong', _: 'em', '~~': 's' };

const MAY_HOLD_WORDS = /[@#]|:\/\//;
const MAY_HOLD_PARTS = /[\x60*_~[@#]|:\/\//;
const SIGNS = /\x60+|\*+|_+|~+|\[/g;
/** A backtick. An odd number of them in a line of this page would begin a text of several lines. */
export const TICK = '\x60';
/** Letters and digits, except of scripts without spaces between words, and of Korean, which adds endings to words. */
const UNSPACED = '\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}';
const WORD = new RegExp(`(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}]`, 'u');
const BEFORE = new RegExp(`^$|[\\s\\p{Ps}\\p{Pi}\\p{Pd}"'*_~|>,、。，！？：；${UNSPACED}]`, 'u');
const NOT_AFTER = new RegExp(`${WORD.source}|[/\\\\=]`, 'u');
/** What makes the text between marks more than signs. */
const CONTENT = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

const LINK = /\[([^[\]]+)\]\(((?:[^\s()[\]<>]|\([^\s()[\]<>]*\))+)\)/y;
const LOOKS_LIKE_ADDRESS = /[^\s.]\s*\.\p{L}{2}|。[a-z]{2}|\/\/|\S@\S|\d(?:\.\d+){3}/iu;
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Returns the character before or after a place, or ''. */
const before = (text, at) => (/[\udc00-\udfff]/.test(text[at - 1] ?? '') ? text.slice(at - 2, at) : text[at - 1] ?? '');
const after = (text, at) => (at < text.length ? String.fromCodePoint(text.codePointAt(at)) : '');

/**
 * Returns the parts of a line.
 * @returns {Part[]}
 */
export function spans(text) {
  if (!MAY_HOLD_PARTS.test(text)) return [text];
  const tokens = tokensOf(text);
  pair(tokens);
  return nest(tokens);
}

// --- tokens

/** Splits a line into strings, finished parts and marks. A mark says whether it can open and close. */
function tokensOf(text) {
  const tokens = [];
  const words = MAY_HOLD_WORDS.test(text) ? [...wordsIn(text)] : [];
  const signs = [...text.matchAll(SIGNS)];
  const ticks = new Ticks(text, signs);
  let [end, nextWord, nextSign] = [0, 0, 0];
  const take = (from, to, token) => {
    if (from > end) tokens.push(text.slice(end, from));
    tokens.push(token);
    end = to;
  };
  while (nextSign < signs.length || nextWord < words.length) {
    const at = signs[nextSign]?.index ?? text.length;
    const word = words[nextWord];
    if (word && word.index <= at) {
      nextWord += 1;
      if (word.index >= end) take(word.index, word.index + word.part.text.length, wordPart(word.part));
    } else {
      const [sign] = signs[nextSign];
      nextSign += 1;
      const found = sign === '[' ? linkAt(text, at) : sign[0] === TICK ? ticks.codeAt(at, sign.length) : null;
      if (found) take(at, found.end, found.part);
      else if (sign in TAGS) take(at, at + sign.length, markAt(text, at, sign));
    }
    // A sign inside what was taken is none.
    while (signs[nextSign]?.index < end) nextSign += 1;
  }
  if (end < text.length) tokens.push(text.slice(end));
  return tokens;
}

/** Returns a word as a part. */
const wordPart = ({ href, ...part }) => (href ? { tag: 'a', href, parts: [part.text] } : part);

function markAt(text, at, mark) {
  const [left, right] = [before(text, at), after(text, at + mark.length)];
  const canOpen = BEFORE.test(left) && !/^$|\s/.test(right);
  const canClose = !/^$|\s/.test(left) && !NOT_AFTER.test(right);
  return { mark, canOpen, canClose };
}

/** The backticks of a line, in runs by their length, so that the end of code is found without searching. */
class Ticks {
  constructor(text, signs) {
    this.text = text;
    this.runs = new Map();
    for (const { 0: sign, index } of signs) {
      if (sign[0] !== TICK) continue;
      if (!this.runs.has(sign.length)) this.runs.set(sign.length, []);
      this.runs.get(sign.length).push(index);
    }
    this.seen = new Map();
  }

  /** Returns the code that a run of backticks opens, or null. */
  codeAt(at, length) {
    const { text, seen } = this;
    const runs = this.runs.get(length);
    let next = seen.get(length) ?? 0;
    while (runs[next] <= at) next += 1;
    seen.set(length, next);
    const end = runs[next];
    const left = before(text, at);
    if (end === undefined || WORD.test(left) || left === '\\') return null;
    const code = text.slice(at + length, end);
    if (!code.trim()) return null;
    const mark = { mark: TICK.repeat(length) };
    return { end: end + length, part: { tag: 'code', parts: [mark, code, mark] } };
  }
}

// --- links

/** Returns the link `[words](address)` at a place, or null. */
function linkAt(text, at) {
  const pattern = new RegExp(LINK);
  pattern.lastIndex = at;
  const [whole, words, address] = pattern.exec(text) ?? [];
  const url = words?.trim() && urlOf(address);
  if (!url) return null;
  const inner = withoutLinks(spans(words));
  const parts = [{ mark: '[' }, ...inner, { mark: `](${address})` }];
  const host = isHonest(shown(inner), url) ? undefined : placeOf(url);
  return { end: at + whole.length, part: { tag: 'a', href: url.href, ...(host && { host }), parts } };
}

/** Returns what is seen of parts: their text without marks. */
export const shown = (parts) => parts.map((part) => (typeof part === 'string' ? part
  : part.mark !== undefined ? '' : part.text ?? shown(part.parts))).join('');

/** Returns null unless the address is one that may be opened: other schemes can run scripts. */
function urlOf(address) {
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Returns where a link leads, in the form that no letters of other scripts can imitate. */
const placeOf = ({ protocol, host, pathname }) => (protocol === 'mailto:' ? pathname : host);

/** Returns whether the words of a link, if they look like an address, are that of the link. */
function isHonest(words, url) {
  const plain = words.normalize('NFKC').replace(UNSEEN, '').trim();
  if (!LOOKS_LIKE_ADDRESS.test(plain)) return true;
  const shown = urlOf(plain) ?? urlOf(`${url.protocol === 'mailto:' ? 'mailto:' : 'https://'}${plain}`);
  return Boolean(shown) && placeOf(shown) === placeOf(url) && !/\s/.test(plain);
}

/** Links do not hold other links, or mentions. */
const withoutLinks = (parts) => parts.flatMap((part) => {
  if (typeof part === 'string' || part.mark) return [part];
  if (part.text) return [part.text];
  return part.tag === 'a' ? withoutLinks(part.parts) : [{ ...part, parts: withoutLinks(part.parts) }];
});

// --- marks

const isMark = ({ canOpen }) => canOpen !== undefined;

/** Finds the pairs among the marks: each closing one with the nearest one like it that is open. */
function pair(tokens) {
  /** @type {Map<string, number>} */
  const open = new Map();
  const opened = [];
  let lastContent = -1;
  for (const [at, token] of tokens.entries()) {
    if (!isMark(token)) {
      if (typeof token !== 'string' || CONTENT.test(token)) lastContent = at;
      continue;
    }
    const start = open.get(token.mark);
    if (token.canClose && start < lastContent) {
      [tokens[start].isOpening, token.isClosing] = [true, true];
      // Marks inside of it that are still open are text.
      for (let inner; (inner = opened.pop()) !== start;) if (open.get(tokens[inner].mark) === inner) open.delete(tokens[inner].mark);
      open.delete(token.mark);
    } else if (token.canOpen) {
      open.set(token.mark, at);
      opened.push(at);
    } else if (token.canClose) {
      // The face *_* opens nothing.
      open.delete(token.mark);
    }
  }
}

/** Adds a part to others. Texts become one. */
export function append(parts, part) {
  const last = parts.length - 1;
  if (typeof part === 'string' && typeof parts[last] === 'string') parts[last] += part;
  else parts.push(part);
}

/** Puts what is between pairs of marks into elements. No mark is open twice, so they are never deep. */
function nest(tokens) {
  const stack = [[]];
  const add = (part) => append(stack[stack.length - 1], part);
  for (const token of tokens) {
    const { mark, isOpening, isClosing } = token;
    if (isOpening) stack.push([{ mark }]);
    else if (isClosing) {
      const parts = [...stack.pop(), { mark }];
      add({ tag: TAGS[mark], parts });
    } else add(isMark(token) ? mark : token);
  }
  return stack[0];
}
