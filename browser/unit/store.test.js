// Conversations, their messages, and unread counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, messages, page, room } from './harness.js';

const { Conversation } = await page('conversation.js');
const { Store } = await page('store.js');

const seqs = (conversation) => conversation.messages.map(({ seq }) => seq);
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

test('pages of history that touch are joined, in any order and with overlaps', () => {
  const general = new Conversation('room', 'general');
  for (const [first, last] of [[11, 20], [1, 12], [18, 25], [26, 30]]) general.absorb(messages(first, last));
  assert.deepEqual(seqs(general), range(1, 30));
  assert.ok(general.isAtBeginning && general.isAtEnd);
});

test('a page that does not touch replaces the messages', () => {
  const general = new Conversation('room', 'general');
  general.absorb(messages(1, 10));
  general.absorb(messages(12, 20));
  assert.deepEqual(seqs(general), range(12, 20));
  assert.equal(general.at(15).seq, 15);
  assert.equal(general.at(11), undefined);
});

test('a new message is kept only if it continues the messages', () => {
  const general = room({ newest: 3 });
  general.append(message(4));
  general.append(message(6));
  assert.deepEqual([general.last, general.newest], [4, 6]);
  assert.ok(!general.isAtEnd, 'there is a gap');
});

test('messages before the first page of history are counted, not kept', () => {
  const general = room({ newest: 3, loaded: null });
  general.append(message(4));
  assert.deepEqual([general.messages.length, general.newest, general.unread], [0, 4, 1]);
});

test('a read position moves forward only', () => {
  const general = room({ newest: 9, lastRead: 5 });
  assert.ok(general.moveRead(7));
  assert.ok(!general.moveRead(6));
  assert.deepEqual([general.lastRead, general.unread], [7, 2]);
});

/** A store of alice's, in "general" with `newest` messages. */
function alicesStore(newest = 0, lastRead = newest) {
  const store = new Store('alice', () => { store.changes = (store.changes ?? 0) + 1; });
  store.adopt({ conversations: [{ room: 'general', room_id: 1, newest, last_read: lastRead }] }, performance.now());
  return { store, general: store.conversation('room', 'general') };
}

test('each message of a poll counts once', () => {
  const { store, general } = alicesStore(2);
  assert.deepEqual(store.take([message(2), message(3)]).map(({ seq }) => seq), [3]);
  assert.deepEqual(store.take([message(3)]), []);
  assert.deepEqual([general.unread, store.unread], [1, 1]);
  assert.deepEqual(store.people, ['carol'], 'the author is online');
});

test('the user\'s own message is read, unless something before it is unread', () => {
  const { store, general } = alicesStore(2);
  store.take([message(3, { from: 'alice' })]);
  assert.deepEqual([general.unread, general.confirmedRead], [0, 3]);
  store.take([message(4), message(5, { from: 'alice' })]);
  assert.equal(general.unread, 2);
});

test('direct messages belong to the other user\'s conversation', () => {
  const { store } = alicesStore();
  const whisper = (seq, from, to) => ({ id: seq, seq, from, to, text: 'psst', sent_at: '2026-05-20T12:00:00.000Z' });
  store.take([whisper(1, 'bob', 'alice'), whisper(2, 'alice', 'bob'), whisper(1, 'carol', 'alice')]);
  assert.deepEqual(store.directs().map(({ name, newest }) => [name, newest]), [['bob', 2], ['carol', 1]]);
});

test('an answer that is older than the last move does not move a position back', () => {
  const { store, general } = alicesStore(5, 0);
  const asked = performance.now() - 1;
  general.moveRead(4);
  general.confirmedRead = 4;
  store.adoptPosition(general, { newest: 5, last_read: 1 }, asked);
  assert.equal(general.lastRead, 4);
});

test('a position that another device has moved is taken, but not behind what is still unsent', () => {
  const { store, general } = alicesStore(9, 5);
  const later = performance.now() + 1000;
  store.adoptPosition(general, { newest: 9, last_read: 3 }, later);
  assert.equal(general.lastRead, 3, 'moved back on purpose');
  general.moveRead(6);
  store.adoptPosition(general, { newest: 9, last_read: 4 }, later);
  assert.deepEqual([general.lastRead, general.confirmedRead], [6, 4]);
  store.adoptPosition(general, { newest: 9, last_read: 8 }, later);
  assert.deepEqual([general.lastRead, general.confirmedRead], [8, 8]);
});

test('what a status has counted before a poll brings it is news, and is noted, once', () => {
  for (const isLoaded of [false, true]) {
    const { store, general } = alicesStore(2);
    if (isLoaded) general.absorb(messages(1, 2));
    store.adopt({ conversations: [{ room: 'general', room_id: 1, newest: 3, last_read: 2 }] }, performance.now());
    assert.deepEqual(store.owed, [[general, 3]]);
    general.askedFor = 3;
    assert.deepEqual(store.owed, [], 'it is asked for once');
    // The open room may load it first.
    if (isLoaded) general.absorb(messages(3, 3));
    const call = message(3, { text: '@alice: lunch?' });
    assert.deepEqual([store.take([call]), store.take([call])], [[call], []]);
    assert.equal(general.mentions, isLoaded ? 0 : 1);
  }
});

test('a room that is missing in the status was left, unless it was joined since', () => {
  const { store, general } = alicesStore(1);
  const lobby = store.conversation('room', 'lobby');
  [lobby.isJoined, lobby.joinedAt] = [true, performance.now()];
  const status = { conversations: [] };
  store.adopt(status, lobby.joinedAt - 1);
  assert.deepEqual([general.isJoined, lobby.isJoined], [false, true]);
  store.adopt(status, lobby.joinedAt + 1);
  assert.equal(lobby.isJoined, false);
});

test('rooms are sorted by name after the first one, direct conversations by their latest message', () => {
  const { store, general } = alicesStore();
  for (const [n, name] of ['lobby', 'attic'].entries()) {
    Object.assign(store.conversation('room', name), { isJoined: true, roomId: 2 + n });
  }
  assert.deepEqual(store.rooms.map(({ name }) => name), ['general', 'attic', 'lobby']);
  assert.equal(general.path, 'room/1');
  const bob = store.conversation('direct', 'bob');
  assert.deepEqual(store.directs(), []);
  assert.deepEqual(store.directs(bob), [bob]);
});

test('a busy conversation keeps what is around the window, and no more', () => {
  for (const window of [null, { from: 50, to: 100 }, { from: 1, to: 150 }]) {
    const general = room({ newest: 150 });
    general.view = window;
    for (let seq = 151; seq <= 200_000; seq += 1) {
      if (window && window.from !== 50) general.view = { from: Math.max(1, seq - 300), to: seq - 1 };
      general.append(message(seq));
    }
    assert.ok(general.messages.length <= 1500, `${general.messages.length}`);
    assert.equal(general.newest, 200_000);
    if (window) for (const seq of [general.view.from, general.view.to]) assert.equal(general.at(seq).seq, seq);
    assert.ok(window?.from === 50 ? !general.isAtEnd : general.isAtEnd);
  }
});

test('a user who scrolls through everything keeps no more either', () => {
  const general = room({ newest: 20_000, loaded: [10_001, 10_100] });
  general.view = { from: 10_001, to: 10_100 };
  for (let first = 10_101; first < 20_000; first += 100) {
    general.absorb(messages(first, first + 99));
    general.view = { from: first - 100, to: first + 99 };
  }
  for (let last = general.first - 1; last > 1; last -= 100) {
    general.absorb(messages(Math.max(1, last - 99), last));
    general.view = { from: Math.max(1, last - 99), to: last + 100 };
  }
  assert.ok(general.messages.length <= 1500 && general.isAtBeginning, `${general.messages.length}`);
});

test('a message that a poll brings twice is new once, even if it is not kept', () => {
  const { store, general } = alicesStore(0);
  general.absorb([]);
  assert.equal(store.take([message(5)]).length, 1, 'there is a gap before it');
  assert.equal(store.take([message(5)]).length, 0);
});

test('a poll owes what the status has, or an answer to the user\'s own message', () => {
  const { store, general } = alicesStore(3);
  assert.deepEqual(store.owed, [], 'what was there at the beginning');
  store.take([message(4, { from: 'alice' })], false);
  assert.deepEqual(store.owed, [[general, 4]]);
  store.take([message(4, { from: 'alice' })]);
  assert.deepEqual(store.owed, []);
  store.adopt({ conversations: [
    { room: 'general', room_id: 1, newest: 4, last_read: 4 }, { room: 'joined-elsewhere', room_id: 2, newest: 9, last_read: 9 },
    { with: 'bob', newest: 1, last_read: 0 },
  ] }, performance.now());
  assert.deepEqual(store.owed.map(([{ key }, seq]) => `${key} ${seq}`), ['direct/bob 1']);
});
