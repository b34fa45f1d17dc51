// Words, times, and texts in parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page } from './harness.js';

const { dayName, jitter, mentions, plural, randomId, sleep, textParts, whenIn } = await page('basics.js');

test('counts and times are in words', () => {
  assert.equal(plural(1, 'byte'), '1 byte');
  assert.equal(plural(0, 'byte'), '0 bytes');
  assert.equal(plural(2, 'message was', 'messages were'), '2 messages were');
  assert.equal(whenIn(0.2), 'in 1 second');
  assert.equal(whenIn(89.5), 'in 90 seconds');
  assert.match(whenIn(90), /^in 2 minutes, at .*\d:\d\d/);
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

const TEXTS = [
  'plain', '', '@alice', 'a\n\n b', 'http://a.example', '(see https://a.example/b_(c)).', 'javascript:alert(1)',
  'https://', 'mail@alice.example', '@alice: https://a.example/?q=[1] and @bob.', `https://a.example/${')'.repeat(50)}`,
];

test('the parts of a text are the text', () => {
  for (const text of TEXTS) {
    assert.equal(textParts(text, 'alice').map((part) => part.text ?? part).join(''), text);
    assert.ok(textParts(text, 'alice').every((part) => part !== ''), text);
  }
});

test('only http and https become links, without the punctuation around them', () => {
  const links = (text) => textParts(text, 'alice').filter(({ href }) => href).map(({ text }) => text);
  assert.deepEqual(links('(see https://a.example/b_(c)).'), ['https://a.example/b_(c)']);
  assert.deepEqual(links('https://a.example/b_(c)_[d]_{e}).'), ['https://a.example/b_(c)_[d]_{e}']);
  assert.deepEqual(links('HTTP://a.example, "http://b.example"'), ['HTTP://a.example', 'http://b.example']);
  assert.deepEqual(links('javascript:alert(1) ftp://a.example data:text/html,x https://'), []);
});

test('thousands of loose brackets cost no time', () => {
  const before = process.cpuUsage();
  for (let n = 0; n < 50; n += 1) textParts(`https://a.example/${')'.repeat(4070)}`, 'alice');
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1_000_000, `${user} µs`);
});

test('a mention knows whether it is of the user', () => {
  const [first, , second] = textParts('@Alice @bob', 'alice');
  assert.deepEqual([first, second], [{ text: '@Alice', isMe: true }, { text: '@bob', isMe: false }]);
  assert.ok(mentions('hey @ALICE!', 'alice'));
  for (const other of ['alice', '@alicea', 'x@alice', 'https://a.example/@alice']) {
    assert.ok(!mentions(other, 'alice'), other);
  }
});
