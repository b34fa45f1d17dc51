// The browser's storage, under the names that older pages use, and the tabs of a session.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { page, settled, until } from './harness.js';

const { Bookmark, Tabs, leftovers, ofTab, sessions } = await page('session.js');

/** A storage as browsers have it. */
class FakeStorage {
  items = new Map();

  getItem(key) { return this.items.get(key) ?? null; }

  setItem(key, value) { this.items.set(key, value); }

  removeItem(key) { this.items.delete(key); }
}

beforeEach(() => {
  for (const kind of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(globalThis, kind, { configurable: true, writable: true, value: new FakeStorage() });
  }
});

const keys = () => [...localStorage.items.keys(), '/', ...sessionStorage.items.keys()].join(' ');

const SESSION = { id: 'a', token: 't', user: { id: 1, name: 'alice', guest: false } };

test('a session is kept for the tab, or for the browser', () => {
  sessions.save(SESSION, false);
  assert.equal(keys(), '/ linger.session');
  sessions.save(SESSION, true);
  assert.equal(keys(), 'linger.session /');
  assert.deepEqual(sessions.load(), SESSION);
  sessions.drop('another');
  assert.deepEqual(sessions.load(), SESSION);
  sessions.drop('a');
  assert.equal(sessions.load(), null);
});

test('a tab keeps its own session when another one is saved for the browser', () => {
  sessions.save({ ...SESSION, id: 'b' }, true);
  sessions.holdOn(SESSION);
  assert.equal(sessions.load().id, 'a');
});

test('a browser that refuses storage is no error', () => {
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get() { throw new Error('refused'); } });
  ofTab.set('x', 1);
  ofTab.remove('x');
  assert.equal(ofTab.get('x'), null);
  assert.equal(sessions.load(), null);
});

test('leftovers are taken once, by the same user only', () => {
  leftovers.keep('alice', [], {});
  assert.equal(keys(), '/', 'nothing is left');
  leftovers.keep('alice', [{ text: 'unsent' }], { 'room/general': 'half' });
  assert.equal(keys(), '/ linger.left.alice');
  assert.deepEqual(leftovers.take('bob'), {});
  assert.deepEqual(leftovers.take('alice'), { items: [{ text: 'unsent' }], drafts: { 'room/general': 'half' } });
  assert.deepEqual(leftovers.take('alice'), {});
});

test('a bookmark outlives a reload', () => {
  const bookmark = new Bookmark(SESSION, { 'room/general': 'left' });
  assert.deepEqual(bookmark.drafts, { 'room/general': 'left' });
  bookmark.scroll = { conversation: 'room/general', seq: 9, top: -3, newAfter: null };
  bookmark.drafts = { 'direct/bob': 'half' };
  bookmark.save();
  assert.equal(keys(), '/ linger.place.a');
  const restored = new Bookmark(SESSION, {});
  assert.deepEqual([restored.scroll, restored.drafts], [bookmark.scroll, bookmark.drafts]);
  restored.saveSoon();
  restored.remove();
  assert.equal(keys(), '/');
});

test('addresses name a conversation, or nothing', () => {
  assert.equal(Bookmark.hash({ key: 'room/general' }), '#/room/general');
  assert.deepEqual(Bookmark.parse('#/room/general'), ['room', 'general']);
  assert.deepEqual(Bookmark.parse('#/direct/bob-2_x'), ['direct', 'bob-2_x']);
  for (const bad of ['', '#text', '#/room/', '#/room/../x', '#/other/bob', '#/room/<img>', `#/room/${'x'.repeat(33)}`]) {
    assert.equal(Bookmark.parse(bad), null, bad);
  }
});

test('tabs of one session hear each other, and no others', async () => {
  const heard = [];
  const life = new AbortController();
  const tab = (name, id) => new Tabs(name, {
    hear: (word) => heard.push(`${id} ${word.kind}`), lead: async () => {},
    state: () => ({}), isVisible: () => true,
  }, life.signal);
  const [one, , other] = [tab('a', 1), tab('a', 2), tab('b', 3)];
  one.say({ kind: 'refresh' });
  await until(() => heard.length);
  other.say({ kind: 'refresh' });
  await settled();
  assert.deepEqual(heard, ['2 refresh']);
  assert.equal(one.name, 'linger a');
  life.abort();
});

test('without locks every tab leads until its session ends', async (t) => {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, writable: true, value: {} });
  t.after(() => { delete globalThis.navigator; });
  const life = new AbortController();
  let isHolding = false;
  const lead = async () => { isHolding = true; };
  const tab = new Tabs('a', { hear() {}, lead, state: () => ({}), isVisible: () => true }, life.signal);
  tab.start();
  await until(() => isHolding);
  assert.ok(tab.isLeading);
  life.abort();
  assert.ok(!tab.isLeading);
});
