// Changed messages, what is said about them, and what other devices have read.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, messages, page, room } from './harness.js';

const { describeChange, describeChanges, excerpt, hasReacted, learnStates, nameReaction, rights } = await page('changes.js');
const { rowsOf } = await page('log/window.js');
const { Store } = await page('store.js');

const GONE = { text: '', deleted_at: '2026-05-20T13:00:00.000Z', deleted_by: 'carol' };

/** A store of alice's, in "general" with `newest` messages that are loaded. */
function alicesStore(newest, lastRead = newest) {
  const store = new Store('alice', () => {});
  store.adopt({ conversations: [{ room: 'general', room_id: 1, newest, last_read: lastRead }] }, performance.now());
  const general = store.conversation('room', 'general');
  general.absorb(messages(1, newest));
  return { store, general };
}

test('of two copies of a message the one with the larger revision counts, in whatever order they come', () => {
  const { store, general } = alicesStore(5);
  const edit = (revision) => message(3, { text: `edit ${revision}`, revision });
  assert.deepEqual(store.change([edit(2000)]).map(([before, after]) => [before.text, after.text]), [['line 3', 'edit 2000']]);
  assert.deepEqual(store.change([edit(1999)]), [], 'an older copy');
  assert.deepEqual(store.change([edit(2000)]), [], 'the same copy');
  general.absorb(messages(1, 5));
  assert.equal(general.at(3).text, 'edit 2000', 'a page of history from before the edit');
  general.absorb([message(2), edit(2001), message(4)]);
  assert.equal(general.at(3).text, 'edit 2001', 'a page of history from after it');
  store.take([edit(2002)]);
  assert.equal(general.at(3).text, 'edit 2002', 'a poll that brings it as a message');
});

test('a change that overtakes the page of history with its message is not lost', () => {
  const { store, general } = alicesStore(10);
  general.messages = messages(8, 10);
  assert.deepEqual(store.change([message(3, { ...GONE, revision: 2000 })]), [], 'not loaded yet');
  general.absorb(messages(1, 9));
  assert.deepEqual([general.at(3).text, general.at(3).deleted_by, general.at(4).text], ['', 'carol', 'line 4']);
  store.change([message(11, { text: 'edited', revision: 2001 })]);
  store.take([message(11)]);
  assert.equal(general.at(11).text, 'edited', 'a new message that was changed at once');
  // A message that was quoted before it was loaded.
  general.messages = messages(8, 11);
  general.keep(message(2, { text: 'hunter2' }));
  general.absorb(messages(1, 7));
  store.change([message(2, { ...GONE, revision: 2002 })]);
  assert.doesNotMatch(JSON.stringify([...general.others, ...general.messages]), /hunter2/);
});

test('changes count nothing as unread, and a hundred at most are kept unloaded', () => {
  const { store, general } = alicesStore(3);
  store.change([message(2, { text: 'edited', revision: 2000 })]);
  assert.deepEqual([general.unread, general.newest], [0, 3]);
  for (let seq = 100; seq < 1100; seq += 1) store.change([message(seq, { revision: 3000 + seq })]);
  assert.ok(general.others.size <= 100);
});

test('a position that another device has moved is taken, unless the answer may have crossed with one of here', () => {
  const { store, general } = alicesStore(9, 2);
  const state = { room: 'general', room_id: 1, joined: true, newest: 9, last_read: 7, unread: 2 };
  assert.equal(learnStates(store, [state]), false);
  assert.deepEqual([general.lastRead, store.unread], [7, 2]);
  learnStates(store, [{ ...state, last_read: 1 }]);
  assert.equal(general.lastRead, 1, 'back, too');
  general.moveRead(8);
  assert.equal(learnStates(store, [state]), true, 'the server is to be asked');
  assert.equal(general.lastRead, 8);
});

test('rooms that were joined or left elsewhere come and go', () => {
  const { store } = alicesStore(1);
  const lobby = { room: 'lobby', room_id: 2, joined: true, newest: 4, last_read: 4, unread: 0 };
  learnStates(store, [lobby, { with: 'bob', joined: true, newest: 3, last_read: 1, unread: 2 }]);
  assert.deepEqual(store.rooms.map(({ name }) => name), ['general', 'lobby']);
  assert.deepEqual([store.unread, store.directs().map(({ name }) => name)], [2, ['bob']]);
  learnStates(store, [{ room: 'lobby', room_id: 2, joined: false }]);
  assert.deepEqual(store.rooms.map(({ name }) => name), ['general']);
  learnStates(store, [lobby]);
  learnStates(store, [{ room_id: 2, joined: false }, { room_id: 7, joined: false }]);
  assert.deepEqual(store.rooms.map(({ name }) => name), ['general'], 'without a name, the id tells the room');
  assert.deepEqual(store.directs().map(({ name }) => name), ['bob']);
});

test('a reaction is announced only if there is one more of it', () => {
  const names = [...'abcdefghijk'];
  const liked = (users, count) => message(1, { from: 'bob', reactions: [{ emoji: '👍', count, users }] });
  assert.equal(describeChange(liked(names.slice(0, 10), 11), liked(names.slice(1), 10), 'alice'), '');
  assert.match(describeChange(liked(['a'], 1), liked(['a', 'b'], 2), 'alice'), /^b reacted 👍/u);
});

test('authors edit, authors and owners delete, and a deleted message stays as it is', () => {
  const may = (from, of = {}, rest = {}) => {
    const who = { me: 'alice', isManager: false, isClosed: false, ...of };
    const { canReact, canReply, canEdit, canDelete } = rights(message(1, { from, ...rest }), who);
    return [canReact, canReply, canEdit, canDelete];
  };
  assert.deepEqual(may('alice'), [true, true, true, true]);
  assert.deepEqual(may('carol'), [true, true, false, false]);
  assert.deepEqual(may('carol', { isManager: true }), [true, true, false, true]);
  assert.deepEqual(may('alice', { isClosed: true }), [false, false, false, true], 'a reader takes back what was said before');
  assert.deepEqual(may('alice', { isManager: true }, GONE), [false, false, false, false]);
});

test('ten names come with a reaction, so the page may not know whether the user has given it', () => {
  const ten = Array.from({ length: 10 }, (_, n) => `user-${n}`);
  const of = (count, users) => hasReacted({ reactions: [{ emoji: '👍', count, users }] }, '👍', 'alice');
  assert.deepEqual([of(2, ['bob', 'alice']), of(1, ['bob']), of(11, ten)], [true, false, undefined]);
  assert.equal(hasReacted({}, '👍', 'alice'), false);
  assert.equal(nameReaction({ emoji: '👍', count: 12, users: ['bob', 'alice'] }, 'alice'), '👍 12: bob, you, 10 more');
});

test('what others have changed is said, and what the user has changed is not', () => {
  const said = (after, before = message(1)) => describeChange(before, { ...before, ...after }, 'alice');
  const thumb = (...users) => ({ reactions: [{ emoji: '👍', count: users.length, users }] });
  const cases = [
    [{ text: 'fixed' }, 'carol edited: fixed'],
    [GONE, 'carol deleted a message'],
    [{ ...GONE, deleted_by: 'bob' }, 'bob deleted a message of carol'],
    [{ ...GONE, deleted_by: 'alice' }, ''],
    [thumb('bob'), 'bob reacted 👍 to a message of carol: line 1'],
    [thumb('alice'), ''],
    [{}, ''],
  ];
  for (const [after, words] of cases) assert.equal(said(after), words);
  const own = message(2, { from: 'alice' });
  assert.equal(said({ text: 'fixed' }, own), '');
  assert.equal(said(thumb('bob'), own), 'bob reacted 👍 to your message: line 2');
  const thumbed = { ...own, ...thumb('bob') };
  assert.equal(said(thumb('bob', 'dave'), thumbed), 'dave reacted 👍 to your message: line 2');
  assert.equal(said({ reactions: [] }, thumbed), '', 'taken back');
  assert.equal(describeChanges([[own, { ...own, ...thumb('bob') }], [message(1), message(1, GONE)]], 'alice'), '2 messages changed');
});

test('an excerpt is one line, and cut between characters', () => {
  assert.equal(excerpt(' one\n\n two\t'), 'one two');
  assert.equal(excerpt('😀'.repeat(10), 5), '😀😀…');
});

test('a reply begins a group, and comes with what it answers as it is now', () => {
  const general = room({ newest: 3 });
  general.revise(message(3, { reply_to: 1, revision: 2000 }));
  general.revise(message(1, { text: 'edited', revision: 2001 }));
  const rows = () => rowsOf({ conversation: general, from: 1, to: 3, isFramed: true }, { me: 'alice', outgoing: [], trouble: '' });
  const last = rows().at(-1);
  assert.deepEqual([last.isFirst, last.quoted.text], [true, 'edited']);
  general.newest = 4;
  general.absorb([message(4, { reply_to: 0 })]);
  assert.equal(rows().at(-1).quoted.text, 'edited');
});
