// The parts of a message's text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { page } from './harness.js';

const { parse } = await page('formatting/blocks.js');
const { asCode, hasControls, isEmoji, isReadable, looksLikeCode, wordsIn } = await page('texts.js');

/** Returns the links and names in a text. */
const words = (text) => [...wordsIn(text)].map(({ part }) => part);

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
  ['https://fa.example/می\u200cخواهم. https://ca.example/col·lecció', 'https://fa.example/می\u200cخواهم', 'https://ca.example/col·lecció'],
];

/** Characters that end a link wherever they appear. */
const ENDS = [
  ...'‘’‚‛“”„‟❛❜❝❞❟❠⟨⟩⟦⟧❨❩❮❯﴾﴿⁅⁆⁽⁾₍₎⌈⌉⸢⸣༺༻᚛᚜《》',
  ...'။၊።፣։՝՞՜׃।॥؟،؛۔។៕๚༎᙮᠂᠃꓿꘎꛳꡶꩝꯫‼⁇…‥',
  '\u00ad', '\u2800', '\u3164', '\u180e', '\u061c', '\u034f', '\u115f', '\uffa0', '\u200b', '\u2060', '\u202e', '\u2066',
  '\ufeff', '\ufff9', '\u{1d173}', '\u{e0001}', '\u{e0100}', '\u200c', '\u200d', '\ufe0f', '\u0085', '\u2028', '\u3000', '\u007f',
];

test('a link ends at quotation marks, brackets and punctuation of any script, and at what is not seen', () => {
  for (const end of ENDS) {
    for (const rest of ['', 'next', ' next']) {
      const text = `https://example.com/a${end}${rest}`;
      const [link] = words(text);
      assert.equal(link.text, 'https://example.com/a', `${text} ${end.codePointAt(0).toString(16)}`);
    }
  }
});

test('links and names are found where they are', () => {
  for (const text of [...TEXTS, ...LINKS.map(([text]) => text)]) {
    let end = 0;
    for (const { index, part } of wordsIn(text)) {
      assert.ok(index >= end && part.text, text);
      end = index + part.text.length;
      assert.equal(text.slice(index, end), part.text);
    }
  }
});

test('only http and https become links, without the punctuation around them', () => {
  const links = (text) => words(text).filter(({ href }) => href).map(({ text }) => text);
  assert.deepEqual(links('(see https://a.example/b_(c)).'), ['https://a.example/b_(c)']);
  assert.deepEqual(links('https://a.example/b_(c)_[d]_{e}).'), ['https://a.example/b_(c)_[d]_{e}']);
  assert.deepEqual(links('HTTP://a.example, "http://b.example"'), ['HTTP://a.example', 'http://b.example']);
  for (const [text, ...found] of LINKS) assert.deepEqual(links(text), found, text);
  assert.deepEqual(links('javascript:alert(1) ftp://a.example data:text/html,x https://'), []);
});

test('thousands of loose brackets cost no time', () => {
  const before = process.cpuUsage();
  for (let n = 0; n < 50; n += 1) words(`https://a.example/${')'.repeat(16_000)}`);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 1_000_000, `${user} µs`);
});

test('long runs of spaces cost no time', () => {
  const spaces = ' '.repeat(100_000);
  const fence = '\x60'.repeat(3);
  for (const [what, does] of Object.entries({
    'code that is marked': () => asCode(`a${spaces}b`, '', ''),
    'a line of what may be code': () => looksLikeCode(`a;\nb;\n${spaces}- c`),
    'an empty item of a list': () => parse(`- ${spaces}`),
    'the line of a fence': () => parse(`${fence}${spaces}é\na\n${fence}`),
  })) {
    const before = process.cpuUsage();
    does();
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1_000_000, `${what}: ${user} µs`);
  }
});

test('finds names of users and rooms', () => {
  assert.deepEqual(words('@Alice @bob #Lobby'), [
    { text: '@Alice', mention: 'alice' }, { text: '@bob', mention: 'bob' }, { text: '#Lobby', room: 'lobby' },
  ]);
  assert.deepEqual(words(`C#sharp &#60; ##x a@b @${'x'.repeat(33)}`), []);
});

/** The characters by which the server's own test tells the rule (`server/src/domain/text.rs`). */
function serversTexts() {
  const source = readFileSync(new URL('../../server/src/domain/text.rs', import.meta.url), 'utf8');
  const [, rest] = source.split('fn a_text_without_a_visible_character_is_refused');
  const [blank, seen] = rest.split('.is_err()').map((part) => [...part.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    text.replace(/\\u\{([0-9a-f]+)\}/g, (_, code) => String.fromCodePoint(parseInt(code, 16)))
      .replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\r', '\r')));
  return { blank, seen: seen.slice(1, seen.findIndex((text) => text === '{seen:?}')) };
}

test('a text without a visible character cannot be sent, by the rule of the server', () => {
  const { blank, seen } = serversTexts();
  assert.ok(blank.length > 20 && seen.length > 5, `${blank.length} ${seen.length}`);
  const more = ['\u200b', '\u202e', '\ufff9', '\ufffc', '\u{13430}', '\u{13441}', '\u{13442}', '\u{1d159}', '\u{110bd}', '\u08e2', '\u{e0061}'];
  for (const text of [...blank, ...more]) assert.ok(!isReadable(text), JSON.stringify(text));
  for (const text of [...seen, 'a', '.', '😀', '谢', '\u200ba', '\u0605', '\u06dd', '\u070f', '\u3000。']) {
    assert.ok(isReadable(text), JSON.stringify(text));
  }
});

test('control characters are told, but for newline and tab', () => {
  for (const text of ['\0', 'a\x1b[2J', 'a\x7f', 'a\u0085b', '\u009b']) assert.ok(hasControls(text), JSON.stringify(text));
  for (const text of ['', 'a\n\tb', '谢\u200b', '😀']) assert.ok(!hasControls(text), JSON.stringify(text));
});

test('a few emoji alone are told from texts', () => {
  for (const text of ['👍', '❤️', '👩‍👩‍👧 🇨🇭', '👋🏽👋🏽', '1️⃣', '🎉🎉🎉🎉🎉', ' 🎉\n', '©️ ™️', '☝🏽', '✌️🏽', '❤️‍🔥', '🏃🏽‍♂️', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '⌚']) assert.ok(isEmoji(text), text);
  for (const text of ['', 'a', '1', '👍 ok', '🎉'.repeat(6), '#', '**', '©', '™', '®', '© ™', '❤', '↔', '⌚\ufe0e', '1\u20e3', '🇨', '🏽 ok']) assert.ok(!isEmoji(text), text);
});

test('code is told from prose, lists and quotes', () => {
  const fence = '\x60'.repeat(3);
  const code = ['fn a() {\n    b();\n}', 'def a(b):\n    return b\n\nprint(a(1))', 'a {\n\tcolor: red;\n}\n', 'if (a) {\n  b();\n} else {\n  c();\n}'];
  for (const text of code) assert.ok(looksLikeCode(text), text);
  const others = ['a;', 'a {\n}', 'Dear all,\n\nthe build is red.\nWho looks?\n\nYours, bob', '- one\n  - two\n  - three', '1. a\n   1. b\n   2. c',
    'a\nb\nc', '> a\n  > b\n  > c', `${fence}\nfn a() {\n    b();\n}\n${fence}`];
  for (const text of others) assert.ok(!looksLikeCode(text), text);
  assert.equal(asCode('  a\nb \n\n', '', ''), `${fence}\n  a\nb\n${fence}`);
  assert.equal(asCode('a', 'see', 'there'), `\n${fence}\na\n${fence}\n`);
  assert.equal(asCode('a', 'see\n', '\nthere'), `${fence}\na\n${fence}`);
  assert.equal(asCode('a', `${fence}\n`, ''), null, 'it is in a block already');
});

test('code with fences of its own is one block with a longer fence', () => {
  const tick = '\x60';
  const fence = tick.repeat(3);
  for (const code of [
    `/// Adds.\n///\n/// ${fence}\n/// assert_eq!(add(1, 2), 3);\n/// ${fence}\npub fn add(a: u8, b: u8) -> u8 {\n    a + b\n}`,
    `/**\n * Adds.\n * ${fence}js\n * add(1, 2);\n * ${fence}\n */\nfunction add(a, b) {\n  return a + b;\n}`,
    `def add(a, b):\n    """Adds.\n\n    ${fence}\n    add(1, 2)\n    ${fence}"""\n    return a + b`,
    `a ${fence}\nb ${tick.repeat(5)}`, `a ${tick.repeat(7)}`,
  ]) {
    for (const [before, after] of [['', ''], ['see', 'there'], [`${fence}\na\n${fence}\n`, `\n${fence}\nb\n${fence}`]]) {
      const blocks = parse(before + asCode(code, before, after) + after).filter(({ tag }) => tag === 'pre');
      assert.equal(blocks.filter((block) => block.code === code).length, 1, code);
      assert.equal(blocks.length, before.startsWith(fence) ? 3 : 1, code);
    }
  }
  assert.equal(asCode(`a ${tick.repeat(8)}`, '', ''), null);
});
