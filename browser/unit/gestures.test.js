// gestures.js: what is a swipe, and what a key is for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isAlt, isCommand, isKey, isTyped, swipeOf } from '../../server/static/page/gestures.js';

test('a swipe is long, quick, and sideways', () => {
  for (const [x, y, ms, direction] of [
    [90, 10, 200, 'right'], [-90, -40, 200, 'left'], [56, 0, 600, 'right'],
    [55, 0, 200, ''], [0, 0, 50, ''], [90, 60, 200, ''], [20, 300, 200, ''], [200, 0, 900, ''],
  ]) assert.equal(swipeOf({ x, y, ms }), direction, `${x} ${y} ${ms}`);
});

/** Returns a key's event. `held` names what is held. */
const press = (key, held = '', code = '') => ({
  key, code, ctrlKey: /ctrl/.test(held), altKey: /alt\b/.test(held), metaKey: /meta/.test(held), getModifierState: (name) => name === 'AltGraph' && /AltGr/.test(held),
});

test('on a Mac, ⌥ and Ctrl leave the keys alone that type and move there', () => {
  const isMentions = (event, isMac) => isAlt(event, isMac) && isKey(event, 'm');
  const isGoTo = (event, isMac) => isCommand(event, isMac) && isKey(event, 'k');
  assert.deepEqual([press('m', 'alt'), press('ь', 'alt', 'KeyM'), press('m', 'ctrl alt')].map((key) => isMentions(key, false)), [true, true, false]);
  assert.deepEqual([press('µ', 'alt', 'KeyM'), press('µ', 'ctrl alt', 'KeyM'), press('m', 'ctrl alt')].map((key) => isMentions(key, true)), [false, true, true]);
  assert.deepEqual([press('k', 'ctrl'), press('k', 'meta'), press('k')].map((key) => isGoTo(key, false)), [true, false, false]);
  assert.deepEqual([press('k', 'ctrl'), press('k', 'meta'), press('л', 'meta', 'KeyK')].map((key) => isGoTo(key, true)), [false, true, true]);
});

test('characters are typed with ⌥ on a Mac and with Alt Gr elsewhere, and not with other keys held', () => {
  for (const key of [press('a'), press('Dead'), press('😀'), press('@', 'ctrl alt AltGr'), press('@', 'AltGr')]) assert.ok(isTyped(key, false), key.key);
  for (const key of [press('Enter'), press('a', 'alt'), press('a', 'ctrl'), press('a', 'meta'), press('a', 'ctrl alt')]) assert.ok(!isTyped(key, false), key.key);
  assert.deepEqual([press('@', 'alt'), press('Dead', 'alt'), press('a', 'ctrl'), press('a', 'meta')].map((key) => isTyped(key, true)), [true, true, false, false]);
});
