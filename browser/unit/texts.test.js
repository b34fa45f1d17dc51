// The parts of a message's text.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page } from './harness.js';

const { isReadable, mentions, textParts } = await page('texts.js');

const TEXTS = [
  'plain', '', '@alice', 'a\n\n b', 'http://a.example', '(see https://a.example/b_(c)).', 'javascript:alert(1)',
  'https://', 'mail@alice.example', '@alice: https://a.example/?q=[1] and @bob.', `https://a.example/${')'.repeat(50)}`,
];

/** Texts and the links in them. */
const LINKS = [
  ['https://example.com/a，谢谢', 'https://example.com/a'],
  ['（https://example.com/a）', 'https://example.com/a'],
  ['“https://example.com/a”', 'https://example.com/a'],
  ['„https://example.com/a“', 'https://example.com/a'],
  ['‘https://example.com/a’。', 'https://example.com/a'],
  ['`https://example.com/a`', 'https://example.com/a'],
  ['「https://example.com/a」と《https://example.com/b》、', 'https://example.com/a', 'https://example.com/b'],
  ['«https://example.com/a» https://example.com/b！', 'https://example.com/a', 'https://example.com/b'],
  ['【https://example.com/a】：https://example.com/b；', 'https://example.com/a', 'https://example.com/b'],
  ['(https://example.com/a)谢谢', 'https://example.com/a'],
  ['[a](https://example.com/a)(https://example.com/b)', 'https://example.com/a', 'https://example.com/b'],
  ["'https://example.com/a'和", 'https://example.com/a'],
  ['**https://example.com/a** _https://example.com/b_', 'https://example.com/a', 'https://example.com/b'],
  ['https://example.com/a، https://example.com/b؟ https://example.com/c।', 'https://example.com/a', 'https://example.com/b', 'https://example.com/c'],
  ['https://example.com/a\u200b\u202eb', 'https://example.com/a'],
  ['https://example.com/a?!... ok', 'https://example.com/a'],
  ['https://例え.jp/パス・一覧(二)。', 'https://例え.jp/パス・一覧(二)'],
  ["https://example.com/it's_a", "https://example.com/it's_a"],
  ['https://[::1]:8000/x', 'https://[::1]:8000/x'],
];

test('the parts of a text are the text', () => {
  for (const text of [...TEXTS, ...LINKS.map(([text]) => text)]) {
    assert.equal(textParts(text, 'alice').map((part) => part.text ?? part).join(''), text);
    assert.ok(textParts(text, 'alice').every((part) => part !== ''), text);
  }
});

test('only http and https become links, without the punctuation around them', () => {
  const links = (text) => textParts(text, 'alice').filter(({ href }) => href).map(({ text }) => text);
  assert.deepEqual(links('(see https://a.example/b_(c)).'), ['https://a.example/b_(c)']);
  assert.deepEqual(links('https://a.example/b_(c)_[d]_{e}).'), ['https://a.example/b_(c)_[d]_{e}']);
  assert.deepEqual(links('HTTP://a.example, "http://b.example"'), ['HTTP://a.example', 'http://b.example']);
  for (const [text, ...found] of LINKS) assert.deepEqual(links(text), found, text);
  assert.deepEqual(links('javascript:alert(1) ftp://a.example data:text/html,x https://'), []);
});

test('thousands of loose brackets cost no time', () => {
  const before = process.cpuUsage();
  for (let n = 0; n < 50; n += 1) textParts(`https://a.example/${')'.repeat(16_000)}`, 'alice');
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

test('a text without a visible character cannot be sent', () => {
  for (const text of ['', ' \n\t', '\u200b', '\u2060', '\u2800', '\u3164', '\u00ad', '\ufeff', '\u202e', '\u200b \u2060']) {
    assert.ok(!isReadable(text), JSON.stringify(text));
  }
  for (const text of ['a', '.', '😀', '谢', '\u200ba']) assert.ok(isReadable(text), JSON.stringify(text));
});
