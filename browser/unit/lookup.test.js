// Lookups by name: when the server is asked, and when it is asked again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, settled } from './harness.js';

const { Refusal } = await page('api.js');
const { Lookup, findRooms } = await page('log/lookup.js');

/** A lookup whose server has `there`, or throws `there.refusal`. `pass(seconds)` lets time pass. */
function lookupOf(t, there, more) {
  let now = 0;
  const timers = [];
  t.mock.method(performance, 'now', () => now);
  t.mock.method(globalThis, 'setTimeout', (done, ms) => timers.push({ done, at: now + ms }));
  t.mock.method(globalThis, 'clearTimeout', () => { timers.length = 0; });
  const asked = [];
  const find = async (names) => {
    asked.push(names.join());
    if (there.refusal) throw there.refusal;
    return there.all.filter(({ name }) => names.includes(name));
  };
  const life = new AbortController();
  const seen = { asked, drawn: 0 };
  const lookup = new Lookup({ find, changed: () => { seen.drawn += 1; }, signal: life.signal, ...more });
  const pass = async (seconds) => {
    now += seconds * 1000;
    for (const { done } of timers.splice(0, timers.length).filter((timer) => timer.at <= now || !timers.push(timer))) done();
    await settled();
  };
  return { lookup, seen, pass, life };
}

test('names are asked for together, once', async (t) => {
  const { lookup, seen, pass } = lookupOf(t, { all: [{ name: 'bob' }] });
  for (const name of ['bob', 'nobody', 'bob']) assert.equal(lookup.get(name), undefined);
  await pass(0.1);
  assert.deepEqual([lookup.get('bob'), lookup.get('nobody')], [{ name: 'bob' }, undefined]);
  await pass(30);
  assert.deepEqual([seen.asked, seen.drawn], [['bob,nobody'], 1]);
  for (let n = 0; n < 150; n += 1) lookup.get(`user-${n}`);
  await pass(0.1);
  await pass(0.1);
  assert.deepEqual(seen.asked.map((names) => names.split(',').length), [2, 100, 50]);
});

test('a name that was not found is asked for again after a minute, one that was found is not', async (t) => {
  const there = { all: [{ name: 'bob' }] };
  const { lookup, seen, pass } = lookupOf(t, there);
  for (const name of ['bob', 'dora']) lookup.get(name);
  await pass(0.1);
  there.all.push({ name: 'dora' });
  await pass(59);
  lookup.get('dora');
  await pass(2);
  assert.equal(lookup.get('dora'), undefined);
  lookup.get('bob');
  await pass(0.1);
  assert.deepEqual([seen.asked, lookup.get('dora')], [['bob,dora', 'dora'], { name: 'dora' }]);
});

test('an answer that may change is kept, and asked for again', async (t) => {
  const there = { all: [{ name: 'gus', guest: true }] };
  const { lookup, seen, pass } = lookupOf(t, there, { isLasting: ({ guest }) => !guest });
  lookup.get('gus');
  await pass(0.1);
  there.all = [{ name: 'gus', guest: false }];
  await pass(61);
  assert.equal(lookup.get('gus').guest, true, 'meanwhile');
  await pass(0.1);
  assert.equal(lookup.get('gus').guest, false);
  await pass(61);
  lookup.get('gus');
  await pass(0.1);
  assert.equal(seen.asked.length, 2);
});

test('after a refusal names are asked for again, when the server allows it', async (t) => {
  const there = { all: [{ name: 'gus' }] };
  const { lookup, seen, pass } = lookupOf(t, there);
  lookup.get('gus');
  there.refusal = new Refusal(429, {}, 40);
  await pass(0.1);
  there.refusal = new Refusal(0);
  lookup.get('eve');
  await pass(39);
  assert.deepEqual(seen.asked, ['gus']);
  await pass(2);
  there.refusal = null;
  await pass(16);
  assert.deepEqual([seen.asked, lookup.get('gus')], [['gus', 'gus,eve', 'gus,eve'], { name: 'gus' }]);
});

test('nothing is asked for after the end', async (t) => {
  const { lookup, seen, pass, life } = lookupOf(t, { all: [] });
  lookup.get('bob');
  life.abort();
  await pass(100);
  assert.deepEqual(seen.asked, []);
});

test('a few rooms are found by their names, many by the list, and what a full list lacks by name', async () => {
  const names = (count, from = 0) => Array.from({ length: count }, (_, n) => `room-${n + from}`);
  const serverOf = (all) => {
    const paths = [];
    const get = async (path) => {
      paths.push(path);
      const [, name] = /name=(.*)/.exec(path) ?? [];
      return name ? all.filter((room) => room.name === name) : all.filter(({ archived }) => !archived).slice(0, 500);
    };
    return { get, paths };
  };
  const found = async (wanted, { get }) => (await findRooms(wanted, get)).map(({ name }) => name).filter((name) => wanted.includes(name));
  const rooms = names(600).map((name) => ({ name }));
  const [few, small, large] = [serverOf(rooms), serverOf(rooms.slice(0, 20)), serverOf(rooms)];
  assert.deepEqual(await found(['room-1', 'room-599', 'nowhere'], few), ['room-1', 'room-599']);
  assert.deepEqual(few.paths, ['rooms?name=room-1', 'rooms?name=room-599', 'rooms?name=nowhere']);
  assert.deepEqual(await found(names(12, 10), small), names(10, 10));
  assert.deepEqual(small.paths, ['rooms?limit=500']);
  assert.deepEqual(await found(names(12, 490), large), names(12, 490));
  assert.deepEqual(large.paths, ['rooms?limit=500', 'rooms?name=room-500', 'rooms?name=room-501']);
  assert.deepEqual(await found(['old'], serverOf([{ name: 'old', archived: true }])), []);
});
