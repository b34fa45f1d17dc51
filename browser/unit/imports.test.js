// The page's map, as rules: who may import whom, which modules are pure, and how long a file may be.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { test } from 'node:test';

import { PAGE } from './harness.js';

/** Floors from top to bottom. A module imports only from floors below its own. */
const FLOORS = [
  ['reload.js', 'early.js'],
  ['main.js'],
  ['door.js', 'chat/chat.js'],
  ['chat/keys.js', 'chat/sync.js', 'chat/extras.js'],
  ['later.js'],
  ['later/changing.js', 'later/editor.js', 'later/finder.js', 'later/picker.js', 'later/account.js', 'later/appearance.js',
    'later/invite.js', 'later/palette.js', 'later/ranking.js', 'later/person.js', 'later/qr.js', 'later/room.js', 'later/share.js', 'later/sheet.js', 'later/completion.js', 'later/mentions.js'],
  ['dialogs.js'],
  ['chat/navigation.js', 'chat/first_steps.js', 'chat/files.js'],
  ['log/log.js', 'lists.js', 'notices.js', 'toast.js', 'chat/menu.js', 'chat/touch.js', 'appearance.js'],
  ['lists/members.js', 'lists/pills.js'],
  ['log/rows.js', 'log/screen.js', 'log/choosing.js', 'log/history.js', 'log/names.js', 'lists/rows.js'],
  ['log/parts.js', 'log/text.js', 'typing.js'],
  ['log/window.js', 'outbox.js', 'connection.js', 'dom.js'],
  ['store.js', 'session.js', 'api.js', 'mentions.js', 'log/lookup.js'],
  ['changes.js', 'conversation.js'],
  ['formatting/blocks.js'],
  ['formatting/spans.js'],
  ['basics.js', 'texts.js', 'rooms.js', 'admission.js', 'lists/shown.js', 'avatars.js', 'gestures.js'],
];

/** These know no document, so Node can test them. */
const PURE = [
  'log/window.js', 'log/lookup.js', 'outbox.js', 'connection.js', 'store.js', 'conversation.js', 'session.js', 'api.js', 'basics.js', 'texts.js', 'changes.js',
  'admission.js', 'rooms.js', 'lists/shown.js', 'avatars.js', 'appearance.js', 'later/ranking.js', 'gestures.js',
  'formatting/blocks.js', 'formatting/spans.js', 'mentions.js',
];

const MAX_LINES = 300;
/** Besides those of the folder `later`, which a first visit does not load. */
const MAX_FILES = 51;
const MAX_LATER = 16;

const files = readdirSync(PAGE, { recursive: true }).map((path) => path.split('\\').join('/'))
  .filter((path) => path.endsWith('.js')).sort();
const sources = new Map(files.map((path) => [path, readFileSync(PAGE + path, 'utf8')]));

/** Returns a source without its comments. Strings stay: a word that is forbidden is forbidden there, too. */
const code = (path) => sources.get(path).replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"`])(.+?)\1/g;

/** later.js imports what the chat names. */
const isLater = (path) => path.startsWith('later/');

/** Returns what a module imports, as it is written. */
const written = (path) => (path === 'later.js' ? files.filter(isLater).map((later) => `./${later}`) : [])
  .concat([...code(path).matchAll(IMPORT)].map(([, , target]) => target));

/** Returns what a module imports, as paths in the page's folder. */
const imports = (path) => written(path).map((target) => posix.join(dirname(path), target));

const floor = (path) => FLOORS.findIndex((modules) => modules.includes(path));

/** Asserts that a rule finds what it looks for: one that finds nothing guards nothing. */
function assertOccurs(pattern, paths = files) {
  assert.ok(paths.some((path) => pattern.test(code(path))), `${pattern} occurs nowhere`);
}

test('the map names every module, and no other', () => {
  assert.deepEqual(FLOORS.flat().sort(), files);
  for (const path of PURE) assert.ok(files.includes(path), path);
});

test('imports are relative, and lead to modules of the page', () => {
  assertOccurs(/from '\.\//);
  assertOccurs(/from '\.\.\//);
  assertOccurs(/import\('\.\//, ['main.js']);
  for (const path of files) {
    for (const target of written(path)) assert.match(target, /^\.\.?\//, `${path} imports ${target}`);
    for (const target of imports(path)) assert.ok(sources.has(target), `${path} imports ${target}`);
  }
});

test('imports lead down, so there is no circle', () => {
  assert.ok(imports('chat/chat.js').length > 10, 'they are found');
  for (const path of files) {
    for (const target of imports(path)) {
      assert.ok(floor(path) < floor(target), `${path} imports ${target}, which is not below it`);
    }
  }
});

test('modules that are loaded late are named by the chat, and imported by no other', () => {
  const names = files.filter(isLater).map((path) => path.slice('later/'.length, -'.js'.length));
  for (const name of names) assert.match(code('chat/extras.js'), new RegExp(`'${name}'`), name);
  for (const path of files.filter((path) => path !== 'later.js')) {
    for (const target of imports(path)) assert.ok(!isLater(target), `${path} imports ${target}`);
  }
});

test('every module is imported by another, except the first ones', () => {
  const imported = new Set(files.flatMap(imports));
  assert.deepEqual(files.filter((path) => !imported.has(path)), ['early.js', 'reload.js']);
});

/** The names of the document. A property of that name, such as `view.window`, is none, unless it is the browser's. */
const DOCUMENT =
  /(?<![\w#])(?<!(?<!globalThis)\.)(document|window|HTMLElement|location|history|matchMedia|requestAnimationFrame)\b/;

test('pure modules know no document, and import only pure modules', () => {
  assertOccurs(/(?<![\w.#])document\b/);
  assertOccurs(/(?<![\w.#])window\b/);
  for (const path of PURE) {
    assert.doesNotMatch(code(path), DOCUMENT, path);
    for (const target of imports(path)) assert.ok(PURE.includes(target), `${path} imports ${target}`);
  }
});

test('nothing makes markup out of strings', () => {
  assertOccurs(/\btextContent\b/);
  const MARKUP = /(inner|outer|Adjacent|set)HTML|DOMParser|Fragment\(|srcdoc|\beval\b|\bFunction\(|document\.write/;
  for (const path of files) assert.doesNotMatch(code(path), MARKUP, path);
});

test('only dom.js creates elements', () => {
  assertOccurs(/\bcreateElement\b/, ['dom.js']);
  for (const path of files) if (path !== 'dom.js') assert.doesNotMatch(code(path), /\bcreateElement(NS)?\b/, path);
});

test('addresses are relative to the page', () => {
  assertOccurs(/'rooms'/);
  assertOccurs(/`rooms\?/);
  const ROOTED = /(['"`])\/(?!\/)[a-z$]/i;
  for (const path of files) assert.doesNotMatch(code(path), ROOTED, path);
});

test('files are short, and few', () => {
  const [late, others] = [files.filter(isLater), files.filter((path) => !isLater(path))];
  assert.ok(others.length > 10 && others.length <= MAX_FILES, `${others.length} files`);
  assert.ok(late.length > 3 && late.length <= MAX_LATER, `${late.length} files in later/`);
  for (const [path, source] of sources) assert.ok(source.split('\n').length - 1 <= MAX_LINES, path);
});
