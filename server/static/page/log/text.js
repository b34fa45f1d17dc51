// A message's text as nodes: what is marked in it, links and names. Copying takes the text as it was typed.

import { SECOND } from '../basics.js';
import { element } from '../dom.js';
import { parse } from '../formatting/blocks.js';
import { isEmoji } from '../texts.js';

/** How long a button says that it has copied. */
const SAID_SECONDS = 2;

/** What was parsed before: a message is replaced when it changes, never altered. @type {WeakMap<Message, Part[]>} */
const parsed = new WeakMap();

function partsOf(message) {
  if (!parsed.has(message)) parsed.set(message, parse(message.text));
  return parsed.get(message);
}

/** Draws the text of a message into `node`. */
export function drawText(node, message, me) {
  node.replaceChildren(...partsOf(message).map((part) => nodeOf(part, me)));
  node.classList.toggle('emoji', isEmoji(message.text));
}

/** Elements that have a direction of their own: on that side are the bullets of a list, and the line beside a quote. */
const BLOCKS = ['ul', 'ol', 'blockquote'];

/**
 * Returns a part as a node. names.js draws names that exist as such. What was typed to mark it is there, too, but not
 * shown.
 */
function nodeOf(part, me) {
  if (typeof part === 'string') return part;
  if (part.mark !== undefined) return element('span', { hidden: true }, part.mark);
  if (part.mention) return element(part.mention === me ? 'mark' : 'span', { 'data-user': part.mention }, part.text);
  if (part.room) return element('a', { 'data-room': part.room }, part.text);
  const children = part.parts.map((child) => nodeOf(child, me));
  if (part.tag === 'a') return linkNode(part, children);
  if (part.tag === 'pre') return codeNode(children);
  const { tag, value } = part;
  return element(tag, { ...(BLOCKS.includes(tag) && { dir: 'auto' }), ...(value !== undefined && { value }) }, ...children);
}

function linkNode({ href, host }, children) {
  const isPlain = children.length === 1;
  const about = { ...(!isPlain && { title: href }), ...(host && { 'data-host': host }) };
  return element('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow', ...about }, ...children);
}

/**
 * Code scrolls sideways, so it takes the focus. The button's word is drawn by the stylesheet: it is no part of the
 * text.
 */
function codeNode(children) {
  const copy = element('button', { type: 'button', className: 'copy', 'aria-label': 'Copy', title: 'Copy' });
  const code = element('code', {}, ...children);
  return element('div', { className: 'code' }, copy, element('pre', { tabIndex: 0, dir: 'ltr', role: 'group', 'aria-label': 'Code' }, code));
}

/** Returns what is shown of a node: its text without marks. */
const shown = (node) => (node.nodeType === Node.TEXT_NODE ? node.data
  : node.hidden ? '' : [...node.childNodes].map(shown).join(''));

/** Copies the code beside a button, and says so on it. */
export async function copyCode(button) {
  const code = button.nextSibling;
  try {
    await navigator.clipboard.writeText(shown(code).replace(/\n$/, ''));
  } catch {
    // Browsers may refuse it, and do without https. The user can copy what is selected.
    return getSelection().selectAllChildren(code);
  }
  button.classList.add('copied');
  setTimeout(() => button.classList.remove('copied'), SAID_SECONDS * SECOND);
}

/**
 * Puts what is selected in the log on the clipboard as it was typed: the marks are there, but the browser leaves them
 * out.
 */
export function copySelection(event) {
  const selection = getSelection();
  if (selection.isCollapsed || event.target.closest?.('input, textarea')) return;
  const range = selection.getRangeAt(0);
  const text = range.commonAncestorContainer.nodeType === Node.TEXT_NODE
    ? range.commonAncestorContainer.parentNode : range.commonAncestorContainer;
  // Of several messages the browser also copies the names and times.
  if (!text.closest('.text')) return;
  event.clipboardData.setData('text/plain', range.cloneContents().textContent);
  event.preventDefault();
}
