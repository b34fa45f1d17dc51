// A message's text: its parts, and whether there is anything to read in it. No document, no network.

/** Everything but spaces and characters that draw nothing: a text without any is refused by the server, too. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]/u;

/** Returns whether a text has a visible character. */
export const isReadable = (text) => VISIBLE.test(text);

/**
 * Characters that end a link wherever they are: spaces, quotation marks, and the punctuation of scripts that put no
 * space after it. Their letters may be part of a link.
 */
const NOT_IN_LINKS = '\\s<>"\\x60“”„‟«»‹›—\\u060c\\u061b\\u061f\\u06d4\\u0964\\u0965\\u200b\\u200e\\u200f\\u202a-\\u202e'
  + '\\u2060-\\u206f\\u3001-\\u3004\\u3008-\\u3020\\u3030\\ufe10-\\ufe19\\ufe30-\\ufe6b'
  + '\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff64';
const LINK_OR_MENTION = new RegExp(`https?://[^${NOT_IN_LINKS}]+|@[a-z0-9][a-z0-9_-]*`, 'gi');
const BEFORE_MENTION = /[\w@./-]/;

/** What a link may stand in, and what then ends it. */
const CLOSING = { "'": "'", '‘': '’', '(': ')', '[': ']', '{': '}' };
const OPENING = { ')': '(', ']': '[', '}': '{' };

/**
 * Splits a message's text into plain text, links (with `href`) and mentions (with `isMe`). Joined, the parts are the
 * text as it was typed.
 * @returns {(string | {text: string, href: string} | {text: string, isMe: boolean})[]}
 */
export function textParts(text, me) {
  const parts = [];
  let end = 0;
  for (const { index, part } of found(text, me)) {
    if (index > end) parts.push(text.slice(end, index));
    parts.push(part);
    end = index + part.text.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Returns whether a text mentions the user `me`. */
export function mentions(text, me) {
  for (const { part } of found(text, me)) if (part.isMe) return true;
  return false;
}

function* found(text, me) {
  const pattern = new RegExp(LINK_OR_MENTION);
  for (let match; (match = pattern.exec(text));) {
    const { 0: whole, index } = match;
    const before = text[index - 1] ?? '';
    if (whole.startsWith('@')) {
      if (!BEFORE_MENTION.test(before)) yield { index, part: { text: whole, isMe: whole.slice(1).toLowerCase() === me } };
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
  const last = /[*_~|]/.test(before) ? /[.,;:!?'’*…_~|([{]/ : /[.,;:!?'’*…([{]/;
  while (last.test(url[end - 1])) end -= 1;
  return url.slice(0, end);
}
