// The log's rows as nodes. window.js decides which rows there are.

import { clock, dayName, fullTime } from '../basics.js';
import { epitaph } from '../changes.js';
import { element, paintFace, setText } from '../dom.js';
import { mentions } from '../formatting/blocks.js';
import { drawParts } from './parts.js';
import { copyCode, drawText } from './text.js';

/** Longer texts are folded. */
const FOLD_LINES = 20;
const FOLD_LENGTH = 1600;

/** Creates the node of a row. */
export function makeRow(row) {
  if (row.kind === 'head') return element('p', { className: 'head' });
  if (row.kind === 'day') return element('div', { className: 'day', role: 'separator' }, element('span'));
  if (row.kind === 'new') {
    const label = 'New messages';
    return element('div', { className: 'new-line', role: 'separator', 'aria-label': label }, element('span', {}, label));
  }
  return makeMessage(row.message);
}

function makeMessage(message) {
  const at = new Date(message.sent_at);
  const node = element('article', { className: 'message' },
    paintFace(element('span', { className: 'face', 'aria-hidden': 'true' }), message.from),
    element('p', { className: 'by' },
      element('strong', { className: 'author' }, message.from), ' ',
      element('time', { dateTime: message.sent_at, title: fullTime.format(at) }, clock.format(at))),
    element('div', { className: 'text', dir: 'auto' }));
  if (message.seq) node.dataset.seq = message.seq;
  return node;
}

/** Draws what can change about a message, if it has changed. */
function drawMessage(node, { message, quoted }, me) {
  const before = node.message;
  if (before === message && node.quoted === quoted) return;
  const text = node.querySelector('.text');
  if (before?.text !== message.text || before.deleted_at !== message.deleted_at) {
    const isGone = Boolean(message.deleted_at);
    if (isGone) text.replaceChildren(epitaph(message));
    else drawText(text, message, me);
    text.classList.toggle('gone', isGone);
    node.classList.toggle('mine', message.from === me);
    node.classList.toggle('calls-me', message.from !== me && mentions(message.text, me));
    fold(text, message);
  }
  Object.assign(node, { message, quoted });
  drawParts(node, text, me);
}

/** Folds a long text, unless the user has unfolded it. */
function fold(text, { text: words }) {
  const isLong = words.length > FOLD_LENGTH || words.split('\n').length > FOLD_LINES;
  const button = text.parentNode.querySelector(':scope > .fold');
  if (isLong === Boolean(button)) return;
  text.classList.toggle('folded', isLong);
  if (isLong) text.after(element('button', { className: 'plain small fold', type: 'button' }, 'Show all'));
  else button.remove();
}

/** Brings a row's node up to date. */
export function updateRow(node, row, me) {
  if (row.kind === 'day') setText(node.firstChild, dayName(row.at));
  if (row.kind === 'head') updateHead(node, row);
  if (row.message) {
    node.classList.toggle('first', row.isFirst);
    drawMessage(node, row, me);
  }
  if (row.kind === 'outgoing') updateOutgoing(node, row.outgoing);
}

function updateHead(node, { words, isLoading = false, isEmpty = false, canRetry = false }) {
  node.classList.toggle('loading', isLoading);
  node.classList.toggle('empty', isEmpty);
  if (node.dataset.words === words) return;
  node.dataset.words = words;
  node.replaceChildren(words);
  if (canRetry) node.append(' ', element('button', { className: 'plain small', type: 'button' }, 'Load again'));
}

function updateOutgoing(node, outgoing) {
  const { state, reason = '' } = outgoing;
  if (node.dataset.state === state && node.dataset.reason === reason) return;
  [node.dataset.state, node.dataset.reason] = [state, reason];
  node.dataset.key = outgoing.key;
  node.querySelector('.fate')?.remove();
  if (state === 'sending') node.append(element('p', { className: 'fate' }, 'Sending…'));
  else if (state === 'failed') {
    node.append(element('p', { className: 'fate' }, element('span', {}, `Not sent. ${reason}`), ' ',
      element('button', { className: 'plain small', type: 'button' }, 'Retry'), ' ',
      element('button', { className: 'plain small danger', type: 'button' }, 'Remove')));
  }
}

/**
 * Handles a click in the log: copies code, unfolds a text, calls `load()`, or calls `decide(label, key)` for an unsent
 * message.
 */
export function clickRow(target, { decide, load }) {
  if (target.matches('.copy')) return void copyCode(target);
  if (!target.matches('button.plain')) return;
  const row = target.closest('.fate') && target.closest('[data-key]');
  if (row) decide(target.textContent, row.dataset.key);
  else if (target.textContent === 'Load again') load();
  else {
    const isFolded = target.previousElementSibling.classList.toggle('folded');
    target.textContent = isFolded ? 'Show all' : 'Show less';
  }
}
