// Messages that mention the user: which count, and how far back they are looked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, messages, page } from './harness.js';

const { LookBack } = await page('mentions.js');
const { Store } = await page('store.js');

function storeOf(...rooms) {
  const store = new Store('alice', () => {});
  store.adopt({ conversations: rooms.map(([room, room_id, newest, last_read]) => ({ room, room_id, newest, last_read })) }, performance.now());
  return store;
}

const call = (seq, more = {}) => message(seq, { text: '@alice, look', ...more });

test('unread messages of others that mention the user count, and direct ones', () => {
  const store = storeOf(['general', 1, 0, 0]);
  store.take([call(1), call(2, { from: 'alice' }), message(3), { ...message(1), room: undefined, from: 'bob', to: 'alice' }]);
  const general = store.conversation('room', 'general');
  assert.deepEqual([general.mentions, store.called, store.unread], [1, 2, 4]);
  general.moveRead(2);
  assert.deepEqual([general.mentions, store.called, store.unread], [0, 1, 2]);
  assert.deepEqual(store.calls.map(({ seq }) => seq), [1], 'the list has those that are read, too');
});

test('a mention that is edited away, deleted or lost does not count any more', () => {
  const store = storeOf(['general', 1, 0, 0]);
  store.take([call(1), call(2), call(3)]);
  store.change([message(1, { text: 'never mind', revision: 2001 }), call(2, { text: '', deleted_at: '2026-05-20', revision: 2002 })]);
  store.change([message(3, { text: 'as it was', revision: 0 })]);
  const general = store.conversation('room', 'general');
  assert.deepEqual(store.calls.map(({ seq }) => seq), [3]);
  general.drop();
  assert.deepEqual([general.mentions, store.calls], [0, []]);
});

test('what stands in code mentions nobody', () => {
  const store = storeOf(['general', 1, 0, 0]);
  store.take([message(1, { text: 'run `npm i @alice/kit`' }), message(2, { text: '```\n@alice\n```' }), call(3)]);
  assert.deepEqual(store.calls.map(({ seq }) => seq), [3]);
});

test('a change that turns a text into a mention is one', () => {
  const store = storeOf(['general', 1, 0, 0]);
  store.take([message(1)]);
  store.change([call(1, { revision: 2001 })]);
  assert.equal(store.called, 1);
});

/** A server whose rooms have these messages. Remembers what it was asked. */
function serverOf(all, asked) {
  return async (method, path) => {
    asked.push(path);
    const before = Number(/before=(\d+)/.exec(path)?.[1] ?? Infinity);
    return { messages: all.filter(({ seq }) => seq < before).slice(-100) };
  };
}

test('after a reload, the latest messages of rooms with unread ones are looked through, of thirty at most', async () => {
  const store = storeOf(['general', 1, 250, 200], ...Array.from({ length: 40 }, (_, n) => [`room-${n}`, n + 2, 9, n ? 0 : 9]));
  const asked = [];
  const api = serverOf([...messages(1, 239), call(240), ...messages(241, 250)], asked);
  store.conversation('room', 'general').newestId = 5000;
  await new LookBack({ api, store, signal: new AbortController().signal }).unread();
  assert.equal(store.conversation('room', 'general').mentions, 1);
  assert.equal(asked.length, 29, 'one of the thirty latest has nothing unread');
  assert.ok(asked.every((path) => /^room\/\d+\/messages\?limit=100$/.test(path)));
});

test('the list goes further back, page by page, and says how far', async () => {
  const store = storeOf(['general', 1, 250, 250]);
  const asked = [];
  const lookBack = new LookBack({ api: serverOf([call(1), ...messages(2, 250)], asked), store, signal: new AbortController().signal });
  await lookBack.latest();
  assert.equal(lookBack.reach, 'Looked through at least the latest 100 messages in 1 room.');
  await lookBack.further();
  assert.deepEqual([store.calls.length, lookBack.hasMore], [0, true]);
  await lookBack.further();
  assert.deepEqual([store.calls.length, lookBack.hasMore, asked.length], [1, false, 3]);
  assert.equal(lookBack.reach, 'Looked through all messages in 1 room.');
});
