// The browser's storage, under the names that older pages use, and the tabs of a session.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { page, until } from './harness.js';

const { Refusal } = await page('api.js');

const { Bookmark, Renewal, leftovers, ofTab, sessions } = await page('session.js');

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
  sessions.drop({ ...SESSION, id: 'another' });
  assert.deepEqual(sessions.load(), SESSION);
  sessions.drop(SESSION);
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
  bookmark.setDraft('direct/bob', 'half');
  bookmark.setDraft('room/general', '');
  bookmark.save();
  assert.equal(keys(), '/ linger.place.a');
  const restored = new Bookmark(SESSION, {});
  assert.deepEqual([restored.scroll, restored.drafts], [bookmark.scroll, bookmark.drafts]);
  assert.deepEqual(restored.drafts, { 'direct/bob': 'half' });
  restored.saveSoon();
  restored.remove();
  assert.equal(keys(), '/');
});

test('addresses name a conversation, or nothing', () => {
  assert.equal(Bookmark.hash({ key: 'room/general' }), '#/room/general');
  assert.deepEqual(Bookmark.parse('#/room/general'), ['room', 'general']);
  assert.deepEqual(Bookmark.parse('#/direct/bob-2_x'), ['direct', 'bob-2_x']);
  assert.equal(Bookmark.hash({ key: 'direct/bob' }, 12), '#/direct/bob/12');
  assert.deepEqual(Bookmark.parse('#/direct/bob/12'), ['direct', 'bob', 12]);
  for (const bad of ['', '#text', '#/room/', '#/room/../x', '#/other/bob', '#/room/<img>', '#/room/general/', '#/room/general/x', '#/room/general/1/2', `#/room/${'x'.repeat(33)}`]) {
    assert.equal(Bookmark.parse(bad), null, bad);
  }
});

test('a draft outlives the tab if the session does, and no other user finds it', () => {
  sessions.save(SESSION, true);
  const [one, other] = [new Bookmark(SESSION), new Bookmark(SESSION)];
  one.setDraft('room/general', 'half');
  one.save();
  other.setDraft('direct/bob', 'psst');
  other.save();
  sessionStorage.items.clear();
  const found = new Bookmark({ ...SESSION, id: 'renewed', root: 'a' });
  assert.deepEqual(found.drafts, { 'room/general': 'half', 'direct/bob': 'psst' });
  found.setDraft('room/general', '');
  found.save();
  one.load();
  assert.deepEqual(one.drafts, { 'direct/bob': 'psst' });
  assert.deepEqual(new Bookmark({ ...SESSION, id: 'b' }).drafts, {});
  one.remove();
  assert.equal(keys(), 'linger.session /');
});

test('a draft keeps what it answers, as a text among the drafts', () => {
  const bookmark = new Bookmark(SESSION);
  bookmark.setDraft('room/general', 'my answer', 12);
  bookmark.setDraft('direct/bob', '', 3);
  bookmark.save();
  const restored = new Bookmark(SESSION);
  assert.deepEqual(restored.draft('room/general'), { text: 'my answer', replyTo: 12 });
  assert.deepEqual(restored.draft('direct/bob'), { text: '', replyTo: 3 });
  assert.deepEqual(restored.draft('room/other'), { text: '', replyTo: null });
  assert.ok(Object.values(restored.drafts).every((value) => typeof value === 'string'), 'for older pages');
  restored.setDraft('direct/bob', 'half');
  assert.deepEqual(restored.draft('direct/bob'), { text: 'half', replyTo: null });
  restored.forgetReplies();
  restored.save();
  assert.deepEqual(new Bookmark(SESSION).draft('room/general'), { text: 'my answer', replyTo: null });
  assert.deepEqual(new Bookmark(SESSION, restored.drafts).draft('direct/bob'), { text: 'half', replyTo: null });
});

// --- renewal

/** A renewal of a session with this life and age, in a tab that leads or not. The server answers with `answer()`. */
function renewalOf({ life = 1000, age = 900, isLeading = true, isAlone = true, answer = () => ({ token: 'new', life: 9e6 }) }) {
  const session = { ...SESSION, life, renewed: Date.now() - age };
  sessions.save(session, true);
  const life_ = new AbortController();
  const [said, calls] = [[], []];
  const call = async (method, path) => {
    calls.push(`${method} ${path}`);
    return answer(calls.length);
  };
  const renewal = new Renewal(session, {
    call, ask: call, isLeading: () => isLeading, isAlone: () => isAlone, say: (word) => said.push(word),
  }, life_.signal);
  return { renewal, session, said, calls, end: () => life_.abort() };
}

test('a token is renewed after half of its life, and other tabs and new ones get it', async () => {
  const { renewal, session, said, calls, end } = renewalOf({});
  renewal.run();
  await until(() => said.length);
  assert.deepEqual(calls, ['POST me/token']);
  assert.deepEqual([session.token, sessions.load().token, said[0].session.token], ['new', 'new', 'new']);
  assert.notEqual(session.id, 'a', 'an older page does not take it for its own');
  assert.equal(sessions.nameOf(session), 'a');
  end();
});

test('a token that is young, or of a tab that does not lead, is not renewed', async () => {
  for (const state of [{ age: 100 }, { isLeading: false }]) {
    const { renewal, calls, end } = renewalOf(state);
    renewal.run();
    await new Promise((done) => { setTimeout(done, 5); });
    assert.deepEqual(calls, []);
    end();
  }
});

test('a token that another tab has renewed is taken from the storage', () => {
  const { renewal, session } = renewalOf({});
  localStorage.setItem('linger.session', JSON.stringify({ ...session, id: 'c', root: 'a', token: 'newer', renewed: Date.now() }));
  assert.ok(renewal.find());
  assert.deepEqual([session.token, session.root], ['newer', 'a']);
  assert.ok(!renewal.find(), 'once');
  localStorage.setItem('linger.session', JSON.stringify({ ...SESSION, id: 'other', token: 'of another user' }));
  assert.ok(!renewal.find(true));
});

test('an answer that is lost is asked for again at once, and a server that cannot renew is not', async (t) => {
  const { setTimeout } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (done, ms, ...rest) => setTimeout(done, ms > 3000 ? ms : 0, ...rest));
  const lost = renewalOf({ answer: (times) => {
    if (times < 3) throw new Refusal(0);
    return { token: 'new', life: 9e6 };
  } });
  lost.renewal.run();
  await until(() => lost.session.token === 'new');
  lost.end();
  const old = renewalOf({ life: undefined, answer: () => { throw new Refusal(404); } });
  old.session.renewed = undefined;
  await old.renewal.run();
  assert.equal(old.calls.length, 1);
});

// --- a token that was refused

test('a refused token is tried at the renewal before the session is over: a lost answer may have replaced it', async () => {
  const { renewal, session, said, calls } = renewalOf({});
  // Several calls are refused at once.
  assert.deepEqual(await Promise.all([renewal.rescue('t'), renewal.rescue('t')]), [true, true]);
  assert.deepEqual([calls, session.token, said[0].session.token], [['POST me/token'], 'new', 'new']);
  assert.ok(await renewal.rescue('t'), 'a late refusal of the old one');
  assert.equal(calls.length, 1);
});

test('a session is over only if the server refuses the renewal, too', async () => {
  for (const [status, isOver] of [[401, true], [404, true], [405, true], [0, false], [429, false], [500, false], [503, false]]) {
    const { renewal, session, calls } = renewalOf({ answer: () => { throw new Refusal(status); } });
    if (isOver) assert.equal(await renewal.rescue('t'), false, `${status}`);
    else await assert.rejects(renewal.rescue('t'), { status });
    assert.deepEqual([calls.length, session.token], [1, 't']);
  }
});

test('a tab whose token was refused takes the one of another tab, and that one goes on', async () => {
  const healthy = renewalOf({});
  Object.assign(healthy.session, { id: 'c', root: 'a', token: 'newer' });
  const stale = renewalOf({ isAlone: false });
  const rescued = stale.renewal.rescue('t');
  const [{ kind, token }] = stale.said;
  assert.equal(kind, 'which token');
  healthy.renewal.tell('newer');
  assert.deepEqual(healthy.said, [], 'it was refused, too');
  healthy.renewal.tell(token);
  stale.renewal.hear({ ...healthy.said[0], instead: 'of a third tab' });
  assert.equal(stale.session.token, 't');
  stale.renewal.hear(healthy.said[0]);
  assert.ok(await rescued);
  assert.deepEqual([stale.session.token, sessions.load().token, stale.calls, healthy.session.token], ['newer', 'newer', [], 'newer']);
});

test('a refused token is not used again, and a refused replacement is not replaced', async () => {
  const { renewal, session, said, calls } = renewalOf({ answer: (times) => ({ token: `new ${times}`, life: 9e6 }) });
  await renewal.rescue('t');
  assert.ok(!renewal.take({ ...SESSION, token: 't' }));
  localStorage.setItem('linger.session', JSON.stringify(SESSION));
  assert.ok(!renewal.find(true));
  assert.equal(await renewal.rescue('new 1'), false);
  assert.deepEqual([session.token, calls.length, said.length], ['new 1', 1, 1]);
  renewal.tell('another');
  assert.equal(said.length, 1, 'it names no token that was refused');
  session.renewed -= 3_600_000;
  assert.ok(await renewal.rescue('new 1'));
  assert.equal(session.token, 'new 2', 'its answer may have been lost as well');
});

test('drafts are bounded: the newest hundred are kept, and of each no more than the storage can take', () => {
  sessions.save(SESSION, true);
  const bookmark = new Bookmark(SESSION);
  for (let n = 0; n < 150; n += 1) bookmark.setDraft(`room/room-${n}`, 'x'.repeat(n ? 1 : 90_000));
  assert.equal(Object.keys(bookmark.drafts).length, 100);
  assert.ok(bookmark.hasDraft('room/room-149') && !bookmark.hasDraft('room/room-49'));
  bookmark.setDraft('room/long', 'x'.repeat(90_000));
  assert.equal(bookmark.draft('room/long').text.length, 50_000);
  bookmark.save();
  assert.equal(new Bookmark(SESSION).draft('room/long').text.length, 50_000);
  bookmark.setDraft('room/long', ' \n');
  assert.ok(!bookmark.hasDraft('room/long'), 'blanks are no draft to look for');
});
