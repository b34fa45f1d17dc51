// Rooms by their state: title, marks, who may write, and rooms that are lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { learnStates } from '../../server/static/page/changes.js';
import { describe, mayManage, namesIn, subtitleOf, whyClosed } from '../../server/static/page/rooms.js';
import { Store } from '../../server/static/page/store.js';
import { message } from './harness.js';

const STATE = { room: 'ops', room_id: 7, joined: true, private: true, archived: false, posting: 'everyone', topic: 'On call', role: 'member', newest: 3, last_read: 3, unread: 0 };

function storeWithOps() {
  const store = new Store('alice', () => {});
  const lost = [];
  store.lost = (conversation) => lost.push(conversation.key);
  learnStates(store, [STATE]);
  const ops = store.conversation('room', 'ops');
  ops.absorb([message(1, { room: 'ops', room_id: 7, text: 'a secret' })]);
  return { store, ops, lost };
}

test('a room is described by its state, and stays as it was if an older server says nothing', () => {
  const { store, ops } = storeWithOps();
  assert.deepEqual([ops.isPrivate, ops.topic, ops.role, ops.label], [true, 'On call', 'member', '#ops']);
  learnStates(store, [{ ...STATE, title: 'Operations', private: false, archived: true }]);
  assert.deepEqual([ops.isPrivate, ops.isArchived, ops.label], [false, true, 'Operations']);
  describe(ops, { room: 'ops', joined: true });
  assert.equal(ops.label, 'Operations');
  learnStates(store, [STATE]);
  assert.equal(ops.label, '#ops', 'a title that is gone');
});

test('a room that may not be seen any more is forgotten with its texts', () => {
  const { store, ops, lost } = storeWithOps();
  learnStates(store, [{ room_id: 7, joined: false }]);
  assert.deepEqual(lost, ['room/ops']);
  assert.deepEqual([ops.messages.length, ops.others.size, store.conversations.has('room/ops')], [0, 0, false]);
  learnStates(store, [{ room_id: 7, joined: false }, { room_id: 99, joined: false }]);
  assert.equal(lost.length, 1, 'once, and no room that is not known');
});

test('a private room that is missing in the status is lost, a public one is only left', () => {
  const { store, ops, lost } = storeWithOps();
  store.conversation('room', 'lobby').isJoined = true;
  store.adopt({ conversations: [] }, performance.now() + 1);
  assert.deepEqual(lost, ['room/ops']);
  assert.equal(ops.messages.length, 0);
  assert.ok(store.conversations.has('room/lobby'));
});

test('what an erased author wrote is dropped, and can be loaded again', () => {
  const { store, ops } = storeWithOps();
  learnStates(store, [{ ...STATE, erased: ['deleted-7'] }]);
  assert.deepEqual([ops.messages.length, ops.isLoaded, ops.isJoined], [0, false, true]);
});

test('a room that the user has left and joined again is loaded anew', () => {
  const { store, ops } = storeWithOps();
  learnStates(store, [{ ...STATE, joined: false }]);
  assert.ok(ops.isLoaded, 'it may be read on from outside');
  learnStates(store, [STATE]);
  assert.deepEqual([ops.messages.length, ops.isLoaded], [0, false]);
  ops.absorb([message(1, { room: 'ops', room_id: 7 })]);
  learnStates(store, [{ ...STATE, role: 'owner' }]);
  assert.ok(ops.isLoaded, 'it was not left');
});

test('a room that was never opened keeps nothing of the time before it was left, either', () => {
  const { store, ops } = storeWithOps();
  ops.drop();
  ops.note(message(1, { room: 'ops', room_id: 7, text: '@alice, look' }));
  ops.lookedTo = 1;
  learnStates(store, [{ ...STATE, joined: false }]);
  learnStates(store, [STATE]);
  assert.deepEqual([ops.calls.size, ops.lookedTo], [0, Infinity]);
});

test('a user who cannot write is told why', () => {
  const room = { kind: 'room', isJoined: true, isArchived: false, posting: 'everyone', role: 'member' };
  assert.equal(whyClosed(room), '');
  assert.equal(whyClosed({ ...room, kind: 'direct' }), '');
  assert.match(whyClosed({ ...room, isArchived: true }), /archived/);
  assert.match(whyClosed({ ...room, role: 'reader' }), /reader/);
  assert.match(whyClosed({ ...room, posting: 'owners' }), /owners/);
  assert.equal(whyClosed({ ...room, posting: 'owners', role: 'owner' }), '');
  assert.equal(whyClosed({ ...room, posting: 'members', isJoined: false, role: null }), '', 'the user can join');
  for (const of of [{ posting: 'owners' }, { role: 'reader' }]) assert.equal(whyClosed({ ...room, ...of }, true), '', 'an administrator');
  assert.match(whyClosed({ ...room, isArchived: true }, true), /archived/);
  assert.match(whyClosed({ ...room, isJoined: false, role: 'banned' }), /banned/, 'nor can the user join');
  assert.equal(whyClosed({ ...room, isJoined: false, role: 'banned' }, true), '', 'an administrator can');
});

test('owners and administrators manage a room', () => {
  assert.ok(mayManage({ role: 'owner' }, false));
  assert.ok(mayManage({ role: 'reader' }, true));
  assert.ok(!mayManage({ role: 'member' }, false));
  assert.ok(!mayManage({}, false));
});

test('below the title is what matters about a room', () => {
  assert.equal(subtitleOf({ name: 'ops', title: '', topic: '' }), '');
  assert.equal(subtitleOf({ name: 'ops', title: 'Operations', topic: 'On call', isPrivate: true, isArchived: true }),
    '#ops · archived · private · On call');
});

test('names are typed with commas, spaces or @', () => {
  assert.deepEqual(namesIn(' @Bob, carol;dave\nbob '), ['bob', 'carol', 'dave']);
  assert.deepEqual(namesIn(' , '), []);
});
