// The held poll, and the tabs that share it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, settled, until } from './harness.js';

const { Refusal } = await page('api.js');
const { CONNECTED, Poller, Tabs, backoff, pollPath, watchSleep } = await page('connection.js');

test('pauses grow to half a minute, and are not shorter than the server asks for', () => {
  const between = (failures, refusal, low, high) => {
    for (let n = 0; n < 50; n += 1) {
      const ms = backoff(failures, { retryAfterSeconds: 0, ...refusal });
      assert.ok(ms >= low && ms <= high, `${failures} ${JSON.stringify(refusal)}: ${ms}`);
    }
  };
  between(1, { status: 0 }, 500, 1000);
  between(2, { status: 0 }, 1000, 2000);
  between(50, { status: 503 }, 15_000, 30_000);
  between(1, { status: 409 }, 5000, 10_000);
  // Never before the time, and spread over as much again.
  between(1, { status: 429, retryAfterSeconds: 40 }, 40_000, 60_000);
});

test('the first poll is answered at once, and the next ones are held', async () => {
  const asked = [];
  const states = [];
  const abort = new AbortController();
  let cursor = 'a&b';
  const poller = new Poller({
    api: async (method, path, { signal }) => {
      asked.push(path);
      if (asked.length > 1) await new Promise((done) => { signal.addEventListener('abort', done); });
      signal.throwIfAborted();
      return { messages: [], cursor: 'next' };
    },
    cursor: () => cursor, page: (page) => { cursor = page.cursor; }, state: (state) => states.push(state), reset() {}, mayHold: () => true,
  });
  const holding = poller.hold(abort.signal);
  await until(() => asked.length === 2);
  assert.deepEqual(asked, [pollPath('a&b', 0), pollPath('next', 25)]);
  assert.match(asked[0], /^poll\?cursor=a%26b&wait=0&.*mark_read=false&changes=true$/);
  assert.deepEqual(states, [CONNECTED]);
  abort.abort();
  await holding;
});

test('a failed poll says what it waits for, and a nudge ends the wait', async () => {
  const states = [];
  const abort = new AbortController();
  let fails = 2;
  const task = async () => {
    fails -= 1;
    if (fails >= 0) throw new Refusal(503, { detail: 'The database is away.' });
    return 'done';
  };
  const poller = new Poller({ state: (state) => states.push(state) });
  const result = poller.patiently(task, abort.signal);
  await until(() => states.length === 1);
  poller.nudge();
  assert.equal(await result, 'done');
  assert.match(states[0].words, /^The database is away\. Retrying in \d seconds?\.$/);
  assert.deepEqual([poller.failures, states.length], [1, 1], 'the next attempt follows at once');
});

test('a nudged poll is answered at once, and does not wait long for a dead connection', async () => {
  const asked = [];
  const abort = new AbortController();
  const poller = new Poller({
    api: async (method, path, { signal, seconds }) => {
      asked.push([/wait=(\d+)/.exec(path)[1], seconds]);
      if (asked.length === 3) throw new Refusal(0);
      if (asked.length === 2 || asked.length > 4) await new Promise((done) => { signal.addEventListener('abort', done); });
      if (signal.aborted) throw new Error('aborted');
      return { messages: [], cursor: 'c' };
    },
    cursor: () => 'c', page() {}, state() {}, mayHold: () => true,
  });
  const holding = poller.hold(abort.signal);
  await until(() => asked.length === 2);
  poller.nudge();
  await until(() => asked.length === 5);
  assert.deepEqual(asked, [['0', 15], ['25', 35], ['0', 1.5], ['0', 4], ['25', 35]]);
  abort.abort();
  await holding;
});

test('a tab that may not hold a poll asks from time to time', async (t) => {
  const { setTimeout } = globalThis;
  const pauses = [];
  t.mock.method(globalThis, 'setTimeout', (done, ms) => { pauses.push(ms); return setTimeout(done, 0); });
  const abort = new AbortController();
  const waits = [];
  const poller = new Poller({
    api: async (method, path) => {
      waits.push(/wait=(\d+)/.exec(path)[1]);
      if (waits.length === 3) abort.abort();
      return { messages: [], cursor: 'c' };
    },
    cursor: () => 'c', page() {}, state() {}, mayHold: () => false,
  });
  await poller.hold(abort.signal);
  assert.deepEqual(waits, ['0', '0', '0']);
  assert.ok(pauses.every((ms) => ms === 10_000), `${pauses}`);
});

test('a cursor that the server refuses is replaced, without a pause the first time only', async (t) => {
  const { setTimeout } = globalThis;
  for (const status of [410, 400]) {
    const [log, life] = [[], new AbortController()];
    t.mock.method(globalThis, 'setTimeout', (done, ms) => { log.push('pause'); return setTimeout(done, 0); });
    const poller = new Poller({
      api: async () => {
        if (log.filter((what) => what === 'anew').length < 2) throw new Refusal(status);
        life.abort();
        return { messages: [], cursor: 'c' };
      },
      cursor: () => 'c', page() {}, state() {}, mayHold: () => true, reset: async () => { log.push('anew'); },
    });
    await poller.hold(life.signal);
    t.mock.restoreAll();
    assert.deepEqual([log, poller.failures], [['anew', 'pause', 'anew'], 0], `${status}`);
  }
});

test('an error that is not a refusal is thrown', async () => {
  const poller = new Poller({});
  const task = async () => { throw new TypeError('oops'); };
  await assert.rejects(poller.patiently(task, new AbortController().signal), /oops/);
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
  assert.equal(one.name, 'linger tabs a');
  life.abort();
});

test('a tab knows whether it is the last one', async () => {
  const life = new AbortController();
  const tab = () => new Tabs('c', { hear() {}, lead: async () => {}, state: () => ({}), isVisible: () => false }, life.signal);
  const first = tab();
  first.arrive();
  assert.ok(first.isLast);
  const second = tab();
  second.arrive();
  await until(() => !first.isLast && !second.isLast);
  second.leave();
  await until(() => first.isLast);
  // From the browser's cache of pages.
  second.arrive();
  await until(() => !first.isLast);
  life.abort();
});

/** Makes this a browser without locks, and perhaps without channels. */
function oldBrowser(t, { BroadcastChannel = globalThis.BroadcastChannel } = {}) {
  const { BroadcastChannel: channel } = globalThis;
  Object.defineProperty(globalThis, 'navigator', { configurable: true, writable: true, value: {} });
  globalThis.BroadcastChannel = BroadcastChannel;
  t.after(() => {
    delete globalThis.navigator;
    globalThis.BroadcastChannel = channel;
  });
}

/** A tab of "a" that notes in `leading` while it leads. */
function tabOf(id, leading, signal) {
  const lead = async (term) => {
    leading.add(id);
    await new Promise((done) => { term.addEventListener('abort', done); });
    leading.delete(id);
  };
  return new Tabs('a', { hear() {}, lead, state: () => ({}), isVisible: () => true }, signal);
}

test('without locks one of six tabs leads, and another one when it closes', async (t) => {
  oldBrowser(t);
  const leading = new Set();
  const lives = Array.from({ length: 6 }, () => new AbortController());
  const tabs = lives.map(({ signal }, id) => tabOf(id, leading, signal));
  for (const tab of tabs) tab.start();
  await until(() => leading.size);
  await until(() => leading.size === 1);
  const [first] = leading;
  await new Promise((done) => { setTimeout(done, 400); });
  assert.deepEqual([...leading], [first], 'the others heard of it');
  tabs[first].leave();
  lives[first].abort();
  await until(() => leading.size === 1 && !leading.has(first));
  for (const life of lives) life.abort();
});

test('of two tabs that claim to lead, the later one stays', async (t) => {
  oldBrowser(t);
  const leading = new Set();
  const lives = [new AbortController(), new AbortController()];
  tabOf(0, leading, lives[0].signal).start();
  await until(() => leading.has(0));
  const other = tabOf(1, leading, lives[1].signal);
  // It was suspended when the first one spoke.
  other.channel.onmessage = null;
  other.start();
  await until(() => leading.size === 1 && leading.has(1));
  for (const life of lives) life.abort();
});

test('without channels every tab leads itself until its session ends', async (t) => {
  for (const BroadcastChannel of [null, class { constructor() { throw new Error('refused'); } }]) {
    oldBrowser(t, { BroadcastChannel });
    const leading = new Set();
    const life = new AbortController();
    const tab = tabOf(0, leading, life.signal);
    tab.start();
    tab.say({ kind: 'refresh' });
    await until(() => leading.size);
    assert.ok(tab.isLeading && tab.isAlone);
    life.abort();
    assert.ok(!tab.isLeading);
  }
});

test('a jump of the clock without a sign of life is sleep', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
  const life = new AbortController();
  let [woken, lifeAt] = [0, 0];
  watchSleep(() => lifeAt, () => { woken += 1; }, life.signal);
  for (let second = 0; second < 30; second += 1) t.mock.timers.tick(1000);
  assert.equal(woken, 0, 'the timer runs');
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(1000);
  assert.equal(woken, 1);
  lifeAt = Date.now() + 50_000;
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(1000);
  assert.equal(woken, 1, 'a slow timer of a hidden tab, whose polls go on');
  lifeAt = Date.now() + 900;
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(1000);
  assert.equal(woken, 2, 'a poll that began just before');
  life.abort();
});
