// Read positions on their way to the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, settled, skipPauses, until } from './harness.js';

const { Refusal } = await page('api.js');
const { ReadPositions } = await page('outbox.js');
const { Store } = await page('store.js');
const { Window } = await page('log/window.js');

/** Positions of a tab that leads or not, in "general" with ten messages, none of them read. */
function positionsOf({ isLeading, refuse = () => false, wait = () => {} }) {
  const store = new Store('alice', () => {});
  store.adopt({ conversations: [{ room: 'general', room_id: 1, newest: 10, last_read: 0 }] }, performance.now());
  const [said, calls] = [[], []];
  const api = async (method, path, { body }) => {
    if (refuse()) throw new Refusal(refuse());
    const waiting = wait(body);
    if (waiting) await waiting;
    calls.push(`${method} ${path} ${body.seq} ${body.only_forward}`);
  };
  const tabs = { isLeading, say: (word) => said.push(word) };
  const positions = new ReadPositions(store, tabs, api, new AbortController().signal);
  return { positions, general: store.conversation('room', 'general'), said, calls };
}

test('the leader tells the server once what was read in quick succession', async (t) => {
  skipPauses(t);
  const { positions, general, said, calls } = positionsOf({ isLeading: true });
  for (const seq of [3, 5, 4]) positions.see(general, seq);
  await until(() => general.confirmedRead === 5);
  assert.deepEqual(calls, ['POST room/1/read 5 true']);
  assert.deepEqual(said.map(({ seq, confirmed }) => seq ?? `confirmed ${confirmed}`), [3, 5, 'confirmed 5']);
});

test('other tabs only tell the leader', async (t) => {
  skipPauses(t);
  const { positions, general, said, calls } = positionsOf({ isLeading: false });
  positions.see(general, 3);
  positions.flushNow();
  await settled();
  assert.deepEqual([said.length, calls.length, general.unread], [1, 0, 7]);
  positions.hear({ conversation: 'room/general', seq: 6 });
  positions.hear({ conversation: 'room/general', confirmed: 6 });
  assert.deepEqual([general.lastRead, general.confirmedRead], [6, 6]);
  positions.hear({ conversation: 'room/unknown', seq: 6 });
});

test('a room that was left moves nothing, and one that is gone is not asked for again', async (t) => {
  skipPauses(t);
  const { positions, general, said } = positionsOf({ isLeading: true, refuse: () => 404 });
  positions.see(general, 3);
  await until(() => general.confirmedRead === 3);
  general.isJoined = false;
  positions.see(general, 5);
  assert.equal(general.lastRead, 3);
  assert.equal(said.filter(({ seq }) => seq).length, 1);
});

test('a position that could not be told is told later', async (t) => {
  skipPauses(t);
  let status = 503;
  const { positions, general, calls } = positionsOf({ isLeading: true, refuse: () => status });
  positions.see(general, 3);
  await until(() => positions.flushing === null);
  assert.equal(general.confirmedRead, 0);
  status = 0;
  positions.flush();
  await until(() => general.confirmedRead === 3);
  assert.equal(calls.length, 1);
});

test('a page that closes tells the server at once', () => {
  const { positions, general, calls } = positionsOf({ isLeading: true });
  general.moveRead(4);
  positions.flushNow();
  assert.deepEqual(calls, ['POST room/1/read 4 true']);
});

test('what is left unread stays so until the next visit, here and in the other tabs', async (t) => {
  skipPauses(t);
  const { positions, general, said, calls } = positionsOf({ isLeading: true });
  const view = new Window(general);
  positions.see(general, 8);
  await until(() => general.confirmedRead === 8);
  await positions.leaveUnread(general, 3);
  assert.deepEqual(calls, ['POST room/1/read 8 true', 'POST room/1/read 3 undefined']);
  assert.deepEqual([general.unread, general.newAfter, said.at(-1).back], [7, 3, 3]);
  assert.equal(view.see(1, 10), false, 'though it is on the screen');
  await positions.flush();
  assert.equal(calls.length, 2);
  view.goToEnd(true);
  assert.equal(view.see(1, 10), true, 'unless the user asks for it');
  const other = positionsOf({ isLeading: false });
  other.general.moveRead(10);
  other.positions.hear({ conversation: 'room/general', back: 3 });
  assert.equal(other.general.unread, 7);
});

test('what is left unread comes after a position that is on its way, whichever tab has told it', async (t) => {
  for (const tab of ['this', 'another']) {
    skipPauses(t);
    let arrive;
    const arrived = new Promise((done) => { arrive = done; });
    let asked = 0;
    const wait = ({ only_forward: isForward }) => { asked += 1; return isForward && asked === 1 ? arrived : null; };
    const { positions, general, said, calls } = positionsOf({ isLeading: true, wait });
    positions.see(general, 8);
    await until(() => asked === 1);
    const left = tab === 'this' ? positions.leaveUnread(general, 3) : positions.hear({ conversation: 'room/general', back: 3 });
    await settled();
    arrive();
    await left;
    await until(() => positions.flushing === null && calls.length > 1);
    assert.deepEqual(calls, ['POST room/1/read 8 true', 'POST room/1/read 3 undefined'], tab);
    assert.deepEqual([general.lastRead, general.confirmedRead], [3, 3]);
    assert.ok(!said.some(({ confirmed }) => confirmed), 'no tab takes it for confirmed');
    positions.see(general, 5);
    await until(() => calls.length === 3);
    assert.equal(calls[2], 'POST room/1/read 5 true');
  }
});

test('an answer that crosses with what is left unread confirms nothing beyond it', async () => {
  const { positions, general } = positionsOf({ isLeading: false });
  general.moveRead(8);
  await positions.leaveUnread(general, 3);
  positions.hear({ conversation: 'room/general', confirmed: 8 });
  assert.deepEqual([general.lastRead, general.confirmedRead], [3, 3]);
});

test('what the user reads while the server is told that it is unread is read', async (t) => {
  skipPauses(t);
  const wait = ({ only_forward: isForward }) => { if (!isForward) positions.see(general, 9); };
  const { positions, general, calls } = positionsOf({ isLeading: true, wait });
  await positions.leaveUnread(general, 3);
  await until(() => general.confirmedRead === 9);
  assert.deepEqual([general.lastRead, calls], [9, ['POST room/1/read 3 undefined', 'POST room/1/read 9 true']]);
});

test('what the user reads before the server is told that it is unread stays read', async (t) => {
  for (const tab of ['this', 'another']) {
    skipPauses(t);
    let arrive;
    const arrived = new Promise((done) => { arrive = done; });
    let asked = 0;
    const wait = () => { asked += 1; return asked === 1 ? arrived : null; };
    const { positions, general, calls } = positionsOf({ isLeading: true, wait });
    positions.see(general, 8);
    await until(() => asked === 1);
    const left = tab === 'this' ? positions.leaveUnread(general, 3) : positions.hear({ conversation: 'room/general', back: 3 });
    positions.see(general, 10);
    arrive();
    await left;
    await until(() => positions.flushing === null && general.confirmedRead === 10);
    await settled();
    assert.equal(calls.at(-1), 'POST room/1/read 10 true', tab);
    assert.deepEqual([general.lastRead, general.confirmedRead], [10, 10]);
  }
});
