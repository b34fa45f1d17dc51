// Words, times and signals.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page } from './harness.js';

const { beside, dayName, either, jitter, plural, randomId, sleep, whenIn } = await page('basics.js');

test('counts and times are in words', () => {
  assert.equal(plural(1, 'byte'), '1 byte');
  assert.equal(plural(0, 'byte'), '0 bytes');
  assert.equal(plural(2, 'message was', 'messages were'), '2 messages were');
  assert.equal(whenIn(0.2), 'in 1 second');
  assert.equal(whenIn(89.5), 'in 90 seconds');
  assert.match(whenIn(90), /^in 2 minutes, at .*\d:\d\d/);
});

test('stepping wraps around at both ends, and goes nowhere in an empty list', () => {
  assert.deepEqual([beside(0, 1, 3), beside(2, 1, 3), beside(0, -1, 3), beside(-1, 1, 3), beside(-1, -1, 3)], [1, 0, 2, 0, 2]);
  assert.deepEqual([beside(-1, 1, 0), beside(-1, -1, 0)], [-1, -1]);
});

test('days are named by their distance', () => {
  const now = new Date(2026, 2, 1, 0, 30);
  assert.equal(dayName(new Date(2026, 2, 1, 0, 1), now), 'Today');
  assert.equal(dayName(new Date(2026, 1, 28, 23, 59), now), 'Yesterday');
  assert.doesNotMatch(dayName(new Date(2026, 1, 27), now), /2026/);
  assert.match(dayName(new Date(2025, 11, 31), now), /2025/);
});

test('jitter stays between half and all of a time', () => {
  for (let n = 0; n < 100; n += 1) {
    const ms = jitter(100);
    assert.ok(ms >= 50 && ms <= 100, `${ms}`);
  }
});

test('random ids are long and differ', () => {
  assert.match(randomId(), /^[0-9a-f]{32}$/);
  assert.notEqual(randomId(), randomId());
});

test('an aborted sleep ends at once', async () => {
  const abort = new AbortController();
  const sleeping = sleep(3_600_000, abort.signal);
  abort.abort();
  await sleeping;
});

test('a joined signal aborts with the first of several, or after a time', async () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const { signal } = either([one.signal, undefined, other.signal]);
  other.abort('why');
  assert.deepEqual([signal.aborted, signal.reason], [true, 'why']);
  assert.ok(either([one.signal, other.signal]).signal.aborted, 'it was aborted before');
  const timed = either([one.signal], 1);
  await new Promise((done) => { timed.signal.addEventListener('abort', done); });
  const done = either([one.signal], 1);
  done.done();
  one.abort();
  assert.ok(!done.signal.aborted, 'it has let go');
});
