// Several tabs of one browser share one held poll, one session and the same messages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

async function twoTabs(person) {
  const alice = await person();
  const one = await alice.tab();
  await one.createAccount('alice', { keep: true });
  const other = await alice.tab();
  await other.isIn();
  return { alice, one, other };
}

test('two tabs hold one poll, and each shows its messages once', scene(async ({ server, person }) => {
  const { alice, one, other } = await twoTabs(person);
  const carol = await Caller.connect(server, { username: 'carol' });
  for (let n = 1; n <= 10; n += 1) {
    await carol.say(`message ${n}`);
    for (const tab of [one, other]) await tab.hears(`message ${n}`);
    await eventually('one poll is held', async () => (await server.heldRequests()) === 1);
    // Chromium sometimes reports that a poll has ended only after the next has begun. A second poller would show for 25
    // seconds.
    await eventually('the browser sent only one', async () => alice.polls.size <= 1, 10_000);
  }
  for (const tab of [one, other]) {
    assert.deepEqual(await tab.heard(), Array.from({ length: 10 }, (_, n) => `message ${n + 1}`));
  }
}));

test('a message sent in one tab is shown in the other, once', scene(async ({ person }) => {
  const { one, other } = await twoTabs(person);
  await one.say('from the first');
  await other.hears('from the first');
  await other.say('from the second');
  await one.hears('from the second');
  for (const tab of [one, other]) assert.deepEqual(await tab.heard(), ['from the first', 'from the second']);
}));

test('another tab polls when the one that did is closed, and no message is missing', scene(async ({ server, person }) => {
  const { alice, one, other } = await twoTabs(person);
  const third = await alice.tab();
  await third.isIn();
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('before');
  for (const tab of [one, other, third]) await tab.hears('before');
  await one.page.close();
  await carol.say('after');
  for (const tab of [other, third]) {
    await tab.hears('after');
    assert.deepEqual(await tab.heard(), ['before', 'after']);
  }
  await eventually('one poll is held', async () => (await server.heldRequests()) === 1);
}));

test('a visible tab takes over the poll from one that was put to sleep', scene(async ({ server, person }) => {
  const { one, other } = await twoTabs(person);
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('before');
  await other.hears('before');
  await one.fallAsleep();
  await other.lookAway();
  await other.lookAway(false);
  await carol.say('while it slept');
  await other.hears('while it slept');
  await one.wake();
  await carol.say('awake');
  for (const tab of [one, other]) {
    await tab.hears('awake');
    assert.deepEqual(await tab.heard(), ['before', 'while it slept', 'awake']);
  }
  await eventually('one poll is held', async () => (await server.heldRequests()) === 1);
}));

test('a tab that missed a change, and then fails to ask for it, asks again', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('ERR_FAILED');
  await alice.context.addInitScript(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, 'onmessage');
    globalThis.missed = [];
    const hearing = (hear) => (event) => (globalThis.isDeaf ? globalThis.missed.push(event.data.kind) : hear(event));
    Object.defineProperty(BroadcastChannel.prototype, 'onmessage', { get, set(hear) { set.call(this, hearing(hear)); } });
  });
  const one = await alice.tab();
  await one.createAccount('alice', { keep: true });
  const other = await alice.tab();
  await other.isIn();
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('one');
  for (const tab of [one, other]) await tab.hears('one');

  await other.page.evaluate(() => { globalThis.isDeaf = true; });
  await carol.patch('/room/1/messages/1', { text: 'ONE' });
  await one.hears('ONE');
  await eventually('the other tab missed it', () => other.page.evaluate(() => globalThis.missed.includes('page')));
  await other.page.evaluate(() => { globalThis.isDeaf = false; });
  let failures = 0;
  await other.page.route(/\/poll\?/, (route) => { failures += 1; return route.abort(); });
  await carol.say('two');
  await other.hears('two');
  await eventually('it asks in vain', () => failures > 0);
  await other.page.unrouteAll({ behavior: 'wait' });
  await carol.say('three');
  await other.hears('ONE');
}));

test('a room joined in another client appears in the list', scene(async ({ server, person }) => {
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const elsewhere = await (await person()).tab();
  await elsewhere.signIn('alice');
  await elsewhere.createRoom('lobby');
  await elsewhere.isAt('#lobby');
  // Its messages must stay unread.
  await elsewhere.open('#general');
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('hello', 'lobby');
  await alice.link('#lobby').waitFor();
  await eventually('what is said there is counted', async () => (await alice.unread('#lobby')) === 1);
}));

test('signing out in one tab signs out in all of them, and the server holds no poll', scene(async ({ server, person }) => {
  const { one, other } = await twoTabs(person);
  await one.say('secret');
  await other.hears('secret');
  await one.signOut();
  for (const tab of [one, other]) {
    await tab.isOut();
    assert.equal(await tab.page.getByText('secret').count(), 0);
  }
  await eventually('nothing is held', async () => (await server.heldRequests()) === 0);
}));

test('a user who was signed out elsewhere is told why, and can sign in again', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('401');
  const chat = await alice.tab();
  await chat.createAccount('alice', { keep: true });
  await eventually('a poll is held', async () => (await server.heldRequests()) === 1);
  const token = await chat.page.evaluate(() => /[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/.exec(JSON.stringify({ ...localStorage }))[0]);
  const answer = await fetch(`${server.url}/disconnect`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 204);
  await chat.isOut();
  await chat.shoot('signed-out-elsewhere');
  assert.match(await chat.door.innerText(), /session has ended|signed out/i);
}));
