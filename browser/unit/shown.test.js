// The rows of the sidebar and of the list of members, as data.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, page } from './harness.js';

const { Conversation } = await page('conversation.js');
const { byPresence, outOfSight, remarkOf, rowOf, shownOf } = await page('lists/shown.js');

function conversation(kind, name, unread = 0, more = {}) {
  return Object.assign(new Conversation(kind, name), { isJoined: true, newest: unread, ...more });
}

const nobody = { open: undefined, isOnline: () => false, hasDraft: () => false };

test('a folded section shows what is unread, what is written to, and the open conversation', () => {
  const [general, ops, lobby, attic] = [['general'], ['ops', 3], ['lobby'], ['attic']].map((of) => conversation('room', ...of));
  const around = { open: general, hasDraft: (room) => room === lobby };
  assert.deepEqual(shownOf([general, ops, lobby, attic], true, around), [general, ops, lobby]);
  assert.equal(shownOf([general, ops, lobby, attic], false, around).length, 4);
});

test('the name of a row says all that it shows', () => {
  const ops = conversation('room', 'ops', 1200, { isPrivate: true, me: 'alice' });
  ops.note(message(1200, { text: '@alice, look' }));
  assert.equal(rowOf(ops, nobody).name, '#ops, private, 1200 unread, 1 mention');
  assert.equal(rowOf(ops, nobody).count, '999+');
  const bob = conversation('direct', 'bob', 1);
  const isHere = { ...nobody, isOnline: (name) => name === 'bob', hasDraft: (key) => key === bob };
  assert.equal(rowOf(bob, isHere).name, 'bob, online, 1 unread, draft');
  assert.match(rowOf(bob, isHere).classes, /\bcalled\b.*\bonline\b/);
  assert.equal(rowOf(bob, { ...isHere, open: bob }).name, 'bob, online, 1 unread', 'an open conversation shows its draft in the message box');
});

test('a row is stamped anew if it shows anything else, and only then', () => {
  const ops = conversation('room', 'ops', 3);
  const { stamp } = rowOf(ops, nobody);
  assert.equal(rowOf(ops, nobody).stamp, stamp);
  for (const change of [{ calls: new Map([[3, {}]]) }, { newest: 4 }, { title: 'Operations' }, { isArchived: true }]) {
    assert.notEqual(rowOf(Object.assign(conversation('room', 'ops', 3), change), nobody).stamp, stamp, JSON.stringify(change));
  }
  assert.notEqual(rowOf(ops, { ...nobody, open: ops }).stamp, stamp);
});

test('rows are out of sight if their middle is', () => {
  const spans = [0, 30, 60, 90].map((top) => ({ top, bottom: top + 30 }));
  assert.deepEqual(outOfSight(spans, { top: 20, bottom: 80 }), { above: [0], below: [3] });
  assert.deepEqual(outOfSight(spans, { top: 0, bottom: 120 }), { above: [], below: [] });
});

test('members who are online come first, by name, and the user is online', () => {
  const members = ['dave', 'alice', 'carol', 'bob'].map((name) => ({ name }));
  const { online, offline } = byPresence(members, (name) => name === 'dave', 'bob');
  assert.deepEqual([online, offline].map((list) => list.map(({ name }) => name)), [['bob', 'dave'], ['alice', 'carol']]);
});

test('a member is marked as owner, as guest, and as oneself', () => {
  const around = { me: 'bob', isGuest: (name) => name === 'bob' };
  assert.equal(remarkOf({ name: 'bob', role: 'owner' }, around), 'you, owner, guest');
  assert.equal(remarkOf({ name: 'carol', role: 'member' }, around), '');
});
