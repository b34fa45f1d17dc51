// Block formatting: code blocks, quotes and lists; and the users whom a text mentions. Pure, and linear in the text's
// length.
//
//   ```rust⏎code⏎```      > a quote      - one           1. one
//                         > > nested     - two           2. two
//                                          - nested         more of two
//
// - A code block begins with ``` at the beginning of a line and ends with ``` at the end of one. Without an end it is text.
// - A quote needs a space after its sign, so that >_< stays.
// - A list's sign is -, * or •, or a number of up to three digits with . or ). What is indented belongs to the item above.
// - Blocks nest up to MAX_DEPTH deep. Deeper ones are text.

import { TICK, append, shown, spans } from './spans.js';

/** @typedef {import('./spans.js').Part} Part */
/**
 * A line, with its end. `mark` is what was typed before it and belongs to blocks around it.
 * @typedef {{mark: string, text: string}} Line
 */

export const MAX_DEPTH = 5;

const FENCE = /^([ \t]{0,3}(`{3,8}))(?!`)([^\n]*\n?)$/;
/** The shortest fence. */
const SHORTEST = TICK.repeat(3);
/** The name of a language after a fence, or nothing. */
const LANGUAGE = /^[ \t]*(?:[\w.+#-]{1,30}[ \t]*)?\r?\n$/;
const QUOTE = /^ {0,3}>(?: |(?=>|\r?\n?$))/;
const QUOTED = /^ {0,3}>[ >]*[^\s>]/;
const ITEM = /^([ \t]{0,8})(?:[-*•]|(\d{1,3})[.)])[ \t](?![-*• \t]*\r?\n?$)[ \t]*/;

/**
 * Returns a text's parts.
 * @returns {Part[]}
 */
export function parse(text) {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return blocks(lines.map((line) => ({ mark: '', text: line })), MAX_DEPTH);
}

/** Returns a text as it reads without marks. */
export const unmarked = (text) => shown(parse(text));

/** Returns whether a text mentions the user `me`. What stands in code, or in the words of a link, mentions nobody. */
export function mentions(text, me) {
  const isMention = (part) => part.mention === me || (part.parts ?? []).some(isMention);
  return text.toLowerCase().includes(`@${me}`) && parse(text).some(isMention);
}

/** @param {Line[]} lines @param {number} depth how deep further blocks may be */
function blocks(lines, depth) {
  const parts = [];
  const fences = new Fences(lines);
  for (let at = 0; at < lines.length;) {
    const block = depth && (fences.blockAt(at) ?? quoteAt(lines, at, depth) ?? listAt(lines, at, depth));
    const { mark, text } = lines[at];
    for (const part of block ? block.parts : [...marked(mark), ...spans(text)]) append(parts, part);
    at = block ? block.end : at + 1;
  }
  return parts;
}

const marked = (mark) => (mark ? [{ mark }] : []);

/** Returns a line without its first characters, which become a mark. */
const inside = ({ mark, text }, length) => ({ mark: mark + text.slice(0, length), text: text.slice(length) });

// --- code

class Fences {
  /** @param {Line[]} lines */
  constructor(lines) {
    this.lines = lines;
    /** The fewest backticks that are known to have no end: so nothing is looked for twice. */
    this.endless = Infinity;
  }

  /** Returns the code block that begins at a line, or null. */
  blockAt(at) {
    const { lines } = this;
    const [, opening, ticks, rest] = FENCE.exec(lines[at].text) ?? [];
    if (!ticks || ticks.length >= this.endless) return null;
    const isClosed = closing(rest, ticks) === rest.indexOf(SHORTEST);
    if (!isClosed && rest.includes(SHORTEST)) return null;
    const end = isClosed ? at : this.#end(at + 1, ticks);
    if (end < 0) {
      this.endless = ticks.length;
      return null;
    }
    // Whoever writes words before the fence that ends the code may do so behind the first one, too.
    const isLabelled = LANGUAGE.test(rest) && lines[end].text.trim() === ticks;
    const first = inside(lines[at], isLabelled ? lines[at].text.length : opening.length);
    return codeBlock([first, ...lines.slice(at + 1, end + 1)], ticks, end + 1);
  }

  /** Returns the line that ends a code block, or -1. */
  #end(from, ticks) {
    for (let at = from; at < this.lines.length; at += 1) if (closing(this.lines[at].text, ticks) !== undefined) return at;
    return -1;
  }
}

/** Returns where the fence is that ends a line, or undefined. */
function closing(text, ticks) {
  const trimmed = text.trimEnd();
  const at = trimmed.length - ticks.length;
  return trimmed.endsWith(ticks) && trimmed[at - 1] !== TICK ? at : undefined;
}

/** @param {Line[]} lines from the fence that opens, which is a mark already, to the one that closes */
function codeBlock(lines, ticks, end) {
  const last = lines[lines.length - 1];
  const length = closing(last.text, ticks);
  const isAlone = !last.text.slice(0, length).trim();
  const content = [...lines.slice(0, -1), { mark: last.mark, text: isAlone ? '' : last.text.slice(0, length) }];
  const code = content.map(({ text }) => text).join('');
  if (!code.trim()) return null;
  const parts = content.flatMap(({ mark, text }) => [...marked(mark), ...(text ? [text] : [])]);
  return { end, parts: [{ tag: 'pre', code: code.replace(/\n$/, ''), parts: [...parts, { mark: last.text.slice(isAlone ? 0 : length) }] }] };
}

// --- quotes and lists

function quoteAt(lines, at, depth) {
  if (!QUOTE.test(lines[at].text) || !QUOTED.test(lines[at].text)) return null;
  const quoted = [];
  for (let end = at; end < lines.length; end += 1) {
    const [sign] = QUOTE.exec(lines[end].text) ?? [];
    if (!sign) break;
    quoted.push(inside(lines[end], sign.length));
  }
  return { end: at + quoted.length, parts: [{ tag: 'blockquote', parts: blocks(quoted, depth - 1) }] };
}

/** Returns what begins an item of a list: its indentation, and its number if it has one. */
function itemAt(text) {
  const [sign, indent, number] = ITEM.exec(text) ?? [];
  return sign === undefined ? null : { sign, indent: width(indent), tag: number ? 'ol' : 'ul', number: Number(number) };
}

/** Returns how wide a space is. */
const width = (space) => [...space].reduce((sum, character) => sum + (character === '\t' ? 4 : 1), 0);

function listAt(lines, at, depth) {
  const first = itemAt(lines[at].text);
  if (!first) return null;
  const { tag, indent } = first;
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const space = /^[ \t]*/.exec(line.text)[0];
    const isInside = items.length > 0 && width(space) >= indent + 2 && line.text.trim();
    const item = isInside ? null : itemAt(line.text);
    if (isInside) items[items.length - 1].lines.push(inside(line, indented(space, indent + 2)));
    else if (item?.tag === tag) items.push({ number: item.number, lines: [inside(line, item.sign.length)] });
    else break;
  }
  const parts = items.map(({ number, lines: own }) => ({ tag: 'li', ...(tag === 'ol' && { value: number }), parts: blocks(own, depth - 1) }));
  return { end, parts: [{ tag, parts }] };
}

/** Returns how many characters of a space make up `wanted` columns at least. */
function indented(space, wanted) {
  let length = 0;
  while (width(space.slice(0, length)) < wanted) length += 1;
  return length;
}
