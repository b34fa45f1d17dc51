// Small helpers: time, words, random ids, and a message's text in parts. No document, no network.

export const SECOND = 1000;

/** Waits for `ms`, or until `signal` aborts. Never rejects. */
export const sleep = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
});

/** Returns a random time between half of `ms` and `ms`, so that many clients do not retry at the same moment. */
export const jitter = (ms) => ms * (0.5 + Math.random() / 2);

const hex = (byte) => byte.toString(16).padStart(2, '0');
export const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join('');

// --- words

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** Returns "in 5 seconds" or, from a minute and a half on, "in 3 minutes, at 14:05". */
export function whenIn(seconds) {
  if (seconds < 90) return `in ${plural(Math.max(1, Math.ceil(seconds)), 'second')}`;
  return `in ${plural(Math.ceil(seconds / 60), 'minute')}, at ${clock.format(Date.now() + seconds * SECOND)}`;
}

export const clock = new Intl.DateTimeFormat([], { hour: 'numeric', minute: '2-digit' });
export const fullTime = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'short' });

/** Returns the local day of a time, as a string to compare. */
export const dayOf = (at) => new Date(at).toDateString();

/** Returns "Today", "Yesterday", or the date, with the year if it is another one. */
export function dayName(at, now = new Date()) {
  const day = new Date(at);
  if (dayOf(day) === dayOf(now)) return 'Today';
  if (dayOf(day) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  const year = day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

// --- texts

const LINK_OR_MENTION = /https?:\/\/[^\s<>"]+|(?<![\w@./-])@[a-z0-9][a-z0-9_-]*/gi;

/**
 * Splits a message's text into plain text, links (with `href`) and mentions (with `isMe`). Joined, the parts are the
 * text as it was typed.
 * @returns {(string | {text: string, href: string} | {text: string, isMe: boolean})[]}
 */
export function textParts(text, me) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK_OR_MENTION)) {
    const part = found.startsWith('@') ? mention(found, me) : link(withoutPunctuation(found));
    if (!part) continue;
    if (index > end) parts.push(text.slice(end, index));
    parts.push(part);
    end = index + part.text.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Returns whether a text mentions the user `me`. */
export function mentions(text, me) {
  return [...text.matchAll(LINK_OR_MENTION)].some(([found]) => found.toLowerCase() === `@${me}`);
}

const mention = (text, me) => ({ text, isMe: text.slice(1).toLowerCase() === me });

/** Returns null unless the address is valid and of http or https: other schemes can run scripts. */
function link(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && ['http:', 'https:'].includes(url.protocol) ? { text, href: url.href } : null;
}

/** Cuts off what belongs to the sentence around a link: "(see https://a.example/b_(c))." links to "…/b_(c)". */
function withoutPunctuation(url) {
  const count = (character) => url.split(character).length;
  // The number of closing brackets without an opening one. Counted once, because there may be thousands.
  const loose = new Map(['()', '[]', '{}'].map(([opens, closes]) => [closes, count(closes) - count(opens)]));
  let end = url.length;
  for (let last; /[.,;:!?'*\])}…]/.test(last = url[end - 1]); end -= 1) {
    if (!loose.has(last)) continue;
    if (loose.get(last) <= 0) break;
    loose.set(last, loose.get(last) - 1);
  }
  return url.slice(0, end);
}
