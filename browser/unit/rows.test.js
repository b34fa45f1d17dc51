// Which rows are shown: days, groups, the line "New messages", what is being sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, page, room } from './harness.js';

const { Window, rowsOf } = await page('log/window.js');
const { Conversation } = await page('conversation.js');

/** Returns the rows of a conversation that is open at its end. */
function rows(conversation, { outgoing = [], trouble = '', from } = {}) {
  const view = new Window(conversation);
  if (conversation.isLoaded) view.goToEnd();
  if (conversation.isLoaded) view.frame();
  if (from) view.from = from;
  return rowsOf(view, { me: 'alice', outgoing, trouble });
}

const kinds = (all) => all.map(({ kind }) => kind).join(' ');
const firsts = (all) => all.filter(({ message }) => message).map(({ isFirst }) => isFirst);

/** A room with messages at these times, by these authors, all of them read. */
function roomWith(...all) {
  const general = room({ newest: 0 });
  for (const [n, [from, at]] of all.entries()) general.append(message(n + 1, { from, at }));
  general.moveRead(all.length);
  return general;
}

const at = (day, hour, minute = 0) => new Date(2026, 4, day, hour, minute).getTime();

test('every day begins with a separator', () => {
  const times = [at(20, 23, 58), at(20, 23, 59), at(21, 0, 1), at(25, 12)];
  const general = roomWith(...times.map((time) => ['bob', time]));
  assert.equal(kinds(rows(general)), 'head day message message day message day message');
});

test('messages of one author within five minutes are one group', () => {
  const general = roomWith(
    ['bob', at(20, 12, 0)], ['bob', at(20, 12, 4)], ['carol', at(20, 12, 5)], ['bob', at(20, 12, 6)],
    ['bob', at(20, 12, 11)],
  );
  assert.deepEqual(firsts(rows(general)), [true, false, true, true, true]);
});

test('a group that begins above the window has no second heading', () => {
  const general = roomWith(['bob', at(20, 12, 0)], ['bob', at(20, 12, 1)], ['bob', at(20, 12, 2)]);
  const shown = rows(general, { from: 2 });
  assert.equal(kinds(shown), 'head message message');
  assert.deepEqual(firsts(shown), [false, false]);
});

test('the line "New messages" is before the first new one, which begins a group', () => {
  const general = roomWith(['bob', at(20, 12, 0)], ['bob', at(20, 12, 1)], ['bob', at(20, 12, 2)]);
  general.lastRead = 1;
  const shown = rows(general);
  assert.equal(kinds(shown), 'head day message new message message');
  assert.deepEqual(firsts(shown), [true, true, false]);
});

test('each row has a key of its own', () => {
  const general = room({ newest: 200, lastRead: 150 });
  const keys = rows(general).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

const item = (key, text) => ({ key, text, conversation: 'room/general', at: at(20, 12, 1), state: 'sending' });

test('outgoing messages are last, in the user\'s group', () => {
  const general = roomWith(['alice', at(20, 12, 0)]);
  const shown = rows(general, { outgoing: [item('a', 'one'), item('b', 'two')] });
  assert.equal(kinds(shown), 'head day message outgoing outgoing');
  assert.deepEqual(firsts(shown), [true, false, false]);
  assert.equal(shown.at(-1).message.text, 'two');
});

test('outgoing messages are hidden while the end is not in the window', () => {
  const general = room({ newest: 500 });
  const view = new Window(general);
  Object.assign(view, { isFramed: true, from: 100, to: 300 });
  assert.ok(!kinds(rowsOf(view, { me: 'alice', outgoing: [item('a', 'one')], trouble: '' })).includes('outgoing'));
});

test('outgoing messages are shown before the history is loaded', () => {
  const bob = new Conversation('direct', 'bob');
  const shown = rows(bob, { outgoing: [item('a', 'psst')] });
  assert.equal(kinds(shown), 'outgoing');
});

test('the head says what is above', () => {
  const words = (conversation, options) => rows(conversation, options)[0];
  assert.equal(words(room({ newest: 0 })).words, 'No messages yet.');
  const bob = new Conversation('direct', 'bob');
  bob.absorb([]);
  assert.equal(words(bob).words, 'No messages with bob yet.');
  assert.equal(words(room({ newest: 5 })).words, 'This is the beginning of #general.');
  bob.append({ ...message(1), room: undefined });
  assert.equal(words(bob).words, 'This is the beginning of your conversation with bob.');
  assert.ok(words(room({ newest: 500 })).isLoading);
  const { words: said, canRetry } = words(room({ newest: 5 }), { trouble: 'No.' });
  assert.deepEqual([said, canRetry], ['No.', true]);
  assert.deepEqual(rows(room({ newest: 5, loaded: null })), [], 'nothing is known yet');
});
