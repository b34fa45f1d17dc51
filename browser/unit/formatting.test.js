// Formatting: marks as people type them in chats, and texts that only look marked.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page } from './harness.js';

const { MAX_DEPTH, mentions, parse, unmarked } = await page('formatting/blocks.js');

/** Returns parts in a form that can be read: elements by their tag, names in braces, and no marks. */
const shape = (parts) => parts.map((part) => {
  if (typeof part === 'string') return part;
  if (part.mark !== undefined) return '';
  if (part.mention || part.room) return `{${part.text}}`;
  const more = [part.value, part.href, part.host && `(${part.host})`].filter((each) => each !== undefined);
  return `<${[part.tag, ...more].join(' ')}>${shape(part.parts)}</>`;
}).join('');
const shaped = (text) => shape(parse(text));

/** Returns everything in parts, marks included. */
const typed = (parts) => parts.map((part) => (typeof part === 'string' ? part : part.mark ?? part.text ?? typed(part.parts))).join('');

const depth = (parts) => Math.max(0, ...parts.map((part) => (part.parts ? 1 + depth(part.parts) : 0)));

/** Texts, and what they look like. One that is not followed by another looks as it was typed. */
const SPANS = [
  ['*b* **c** ***d*** _i_ ~~s~~ `code`', '<strong>b</> <strong>c</> <strong>d</> <em>i</> <s>s</> <code>code</>'],
  ['_*both*_ and *_both_*, **a *b* c**', '<em><strong>both</></> and <strong><em>both</></>, <strong>a <strong>b</> c</>'],
  ['(*b*), "*b*" – *b*!', '(<strong>b</>), "<strong>b</>" – <strong>b</>!'],
  ["*it's* don't *stop*'s", "<strong>it's</> don't <strong>stop</>'s"],
  ['a *b', 'a *b'], ['*a *b*', '*a <strong>b</>'], ['**a*'], ['_a *b_ c*', '<em>a *b</> c*'],
  ['snake_case_words'], ['2*3*4'], ['2 * 3 * 4'], ['*.js and *.ts'], ['path/*/x/*'], ['f(*args, **kwargs)'], ['__init__'],
  ['~5 to ~10'], ['a ~ b'], ['f**k s**t'], ['****'], ['* '], ['*_* ^_^ -_- >_< T_T'], ['¯\\_(ツ)_/¯'], [':* hello :*'], ['\\*no\\*'],
  ['这是*粗体*字', '这是<strong>粗体</>字'], ['이것은 *굵게*는', '이것은 <strong>굵게</>는'], ['שלום *עולם* טוב', 'שלום <strong>עולם</> טוב'],
  ['мир*труд*май'], ['*😀*', '<strong>😀</>'], ['😀*b*'],
  ['`*a* _b_ @bob https://a.example`', '<code>*a* _b_ @bob https://a.example</>'], ['``a ` b``', '<code>a ` b</>'],
  ['see ```x``` and `y`', 'see <code>x</> and <code>y</>'], ['it`s and that`s'], ['`'], ['` `'], ['``'], ['`a``'], ['the `Foo`s', 'the <code>Foo</>s'],
  ['*a\nb* _c\nd_ `e\nf`'], ['*a*\n*b*', '<strong>a</>\n<strong>b</>'], ['*a*\r\nb', '<strong>a</>\r\nb'],
  ['@bob: see #lobby, *@bob*', '{@bob}: see {#lobby}, <strong>{@bob}</>'],
  ['<b>no</b> &amp; <script>x</script>'],
];

const LINKS = [
  ['https://a.example/b_c_d*e*_(f)', '<a https://a.example/b_c_d*e*_(f)>https://a.example/b_c_d*e*_(f)</>'],
  ['*https://a.example/b* _https://a.example/c_', '<strong><a https://a.example/b>https://a.example/b</></> <em><a https://a.example/c>https://a.example/c</></>'],
  ['*see https://a.example/b_c*', '<strong>see <a https://a.example/b_c>https://a.example/b_c</></>'],
  ['[words](https://a.example/b_(c)).', '<a https://a.example/b_(c)>words</>.'],
  ['[*bold* `code` @bob](https://a.example)', '<a https://a.example/><strong>bold</> <code>code</> @bob</>'],
  ['[write](mailto:a@b.example)', '<a mailto:a@b.example>write</>'],
  ['*[a](https://b.example)*', '<strong><a https://b.example/>a</></>'],
  // Words that look like an address are that of the link, or have it beside them.
  ['[a.example](https://a.example/b)', '<a https://a.example/b>a.example</>'],
  ['[https://a.example/x](https://a.example/y)', '<a https://a.example/y>https://a.example/x</>'],
  ['[README.md](https://a.example/)', '<a https://a.example/ (a.example)>README.md</>'],
  ['[https://bank.example](https://evil.example)', '<a https://evil.example/ (evil.example)>https://bank.example</>'],
  ['[bank.example](https://bank.example@evil.example)', '<a https://bank.example@evil.example/ (evil.example)>bank.example</>'],
  ['[bank․example](https://evil.example)', '<a https://evil.example/ (evil.example)>bank․example</>'],
  ['[bank\u200b.example](https://evil.example)', '<a https://evil.example/ (evil.example)>bank\u200b.example</>'],
  ['[bаnk.example](https://bank.example)', '<a https://bank.example/ (bank.example)>bаnk.example</>'],
  ['[bank.example](https://bаnk.example)', '<a https://xn--bnk-6cd.example/ (xn--bnk-6cd.example)>bank.example</>'],
  ['[a@bank.example](mailto:b@evil.example)', '<a mailto:b@evil.example (b@evil.example)>a@bank.example</>'],
  // No links.
  ['[a](javascript:alert(1))'], ['[a](data:text/html,x)'], ['[a](//a.example)'], ['[a](a.example)'], ['[a] (b)'], ['[ ](https:)'], ['a[1](x)'],
];

const BLOCKS = [
  ['```\nlet a = *b*;\n\n  @bob\n```', '<pre>let a = *b*;\n\n  @bob\n</>'], ['a\n```rust\nfn\n```\nb', 'a\n<pre>fn\n</>b'],
  ['```one line```', '<pre>one line</>'], ['```one\ntwo```', '<pre>one\ntwo</>'], ['```js\ntwo\n```', '<pre>two\n</>'], ['````\n```\n````', '<pre>```\n</>'],
  ['```\r\na\r\n```\r\n', '<pre>a\r\n</>'], ['```a``` and ```b```', '<code>a</> and <code>b</>'],
  ['```\nnever closed'], ['```js\n'], ['```\n```'], ['a ```\nb\n```'],
  ['- a\n- b *c*\nend', '<ul><li>a\n</><li>b <strong>c</>\n</></>end'], ['* a\n• b', '<ul><li>a\n</><li>b</></>'],
  ['1. a\n2) b\n12. c', '<ol><li 1>a\n</><li 2>b\n</><li 12>c</></>'], ['- a\n1. b', '<ul><li>a\n</></><ol><li 1>b</></>'],
  ['- a\n  - b\n    more\n- c', '<ul><li>a\n<ul><li>b\nmore\n</></></><li>c</></>'], ['- a\n\t- b', '<ul><li>a\n<ul><li>b</></></></>'],
  ['- a\n  ```\n  x\n    y\n  ```\n- b', '<ul><li>a\n<pre>x\n  y\n</></><li>b</></>'], ['- a\r\n- b\r\n', '<ul><li>a\r\n</><li>b\r\n</></>'],
  ['- a\n\n- b', '<ul><li>a\n</></>\n<ul><li>b</></>'], ['- אחת\n- שתיים', '<ul><li>אחת\n</><li>שתיים</></>'],
  ['-1 degrees'], ['- '], ['---'], ['* * *'], ['2026. That was a year'], ['1.5 litres'], ['*a*\n', '<strong>a</>\n'],
  ['> q *b*\n> r\nmine', '<blockquote>q <strong>b</>\nr\n</>mine'], ['> a\n>\n> b', '<blockquote>a\n\nb</>'],
  ['> a\n> > b', '<blockquote>a\n<blockquote>b</></>'], ['>> a', '<blockquote><blockquote>a</></>'],
  ['> - a\n> - b', '<blockquote><ul><li>a\n</><li>b</></></>'], ['> ```\n> x\n> ```', '<blockquote><pre>x\n</></>'],
  ['>_<'], ['>:('], ['>a'], ['>'], ['> '], ['a > b'], ['->'],
];

test('marks in a line are found, and nothing else', () => {
  for (const [text, looks = text] of [...SPANS, ...LINKS]) assert.equal(shaped(text), looks);
});

test('code, lists and quotes are found, and nothing else', () => {
  for (const [text, looks = text] of BLOCKS) assert.equal(shaped(text), looks);
});

test('with its marks, every text is as it was typed', () => {
  for (const [text] of [...SPANS, ...LINKS, ...BLOCKS]) assert.equal(typed(parse(text)), text);
});

test('without its marks, a text can be read', () => {
  assert.equal(unmarked('*a* [b](https://c.example) `d` @bob\n> e\n- f'), 'a b d @bob\ne\nf');
  assert.equal(unmarked('```js\ncode\n```'), 'code\n');
});

test('a text mentions the user outside of code and of the words of a link', () => {
  for (const text of ['hey @ALICE!', '> see *@alice*', '- `x` @alice', '`@alice @alice', '```\n@alice']) assert.ok(mentions(text, 'alice'), text);
  for (const other of ['alice', '@alicea', 'x@alice', 'https://a.example/@alice', 'use `@alice`', '``a ` @alice``', '```js\n@alice\n```',
    '> - ```\n>   @alice\n>   ```', '[@alice](https://a.example)']) assert.ok(!mentions(other, 'alice'), other);
});

const HOSTILE = [
  '*', '_', '~', '`', '[', '> ', '>', '- ', '*a ', 'a* ', '*a_', '_a *b ', '~~a *b _c ', '`a ', '`` ` ', '[a](', '[a](h(', '[[', '](', '[a]',
  '```\n', '```x\n', '````x\n', '* a\n', '  - a\n', '> - ', '\n', '@a ', '#a ', 'https://a ', '*https://a* ',
].map((part) => part.repeat(Math.floor(16_384 / part.length)));
const STAIRS = Array.from({ length: 170 }, (_, n) => `${' '.repeat(n)}- a\n`).join('');
const TICKS = Array.from({ length: 170 }, (_, n) => `${'`'.repeat(n + 1)} `).join('');

test('no text becomes a deep tree', () => {
  for (const text of [...HOSTILE, STAIRS, TICKS, `${'> - '.repeat(2000)}*_~~**a**~~_*`]) {
    const parts = parse(text);
    assert.equal(typed(parts), text);
    // Blocks and their items, and each kind of mark once.
    assert.ok(depth(parts) <= 2 * MAX_DEPTH + 6, `${depth(parts)} ${text.slice(0, 20)}`);
  }
});

/** Counts the characters that are looked at by searches and copies while a text is parsed. */
function steps(text) {
  let count = 0;
  const [exec, slice] = [RegExp.prototype.exec, String.prototype.slice];
  RegExp.prototype.exec = function counted(input) {
    const start = this.global || this.sticky ? this.lastIndex : 0;
    const found = exec.call(this, input);
    count += 1 + (found ? found.index + found[0].length - start : this.sticky ? 0 : input.length - start);
    return found;
  };
  String.prototype.slice = function counted(...range) {
    const part = slice.apply(this, range);
    count += 1 + part.length;
    return part;
  };
  try { parse(text); } finally { [RegExp.prototype.exec, String.prototype.slice] = [exec, slice]; }
  return count;
}

test('twice the text takes twice the steps', () => {
  assert.ok(steps('a *b* c') > 10, 'they are counted');
  for (const text of HOSTILE) {
    const [once, twice] = [steps(text.slice(0, 8192)), steps(text)];
    assert.ok(twice < 2.5 * once + 1000, `${once} ${twice} ${JSON.stringify(text.slice(0, 20))}`);
  }
});

test('a link whose words look like another address shows its host, marks or not', () => {
  const tick = String.fromCharCode(96);
  for (const words of [`bank.${tick}com${tick}`, `${tick}https:${tick}//bank`, 'bank .com', '192.168.0.1', '//bank/x', '*bank*.com']) {
    const [link] = parse(`[${words}](https://evil.example)`);
    assert.equal(link.host, 'evil.example', words);
  }
  for (const words of ['at 10:30', 'version 1.2', 'evil.example', '*evil.example*']) {
    const [link] = parse(`[${words}](https://evil.example)`);
    assert.equal(link.host, undefined, words);
  }
});
