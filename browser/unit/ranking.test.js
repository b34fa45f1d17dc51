// ranking.js: what fits what was typed, and in which order.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { distance, fold, rank } from '../../server/static/page/later/ranking.js';

test('the same comes before a beginning, a word, a part, scattered letters, and a slip', () => {
  const tiers = [['ops', 'ops'], ['ops', 'ops-eu'], ['eu', 'ops-eu'], ['ps', 'ops'], ['ose', 'ops-eu'], ['genreal', 'general']];
  assert.deepEqual(tiers.map(([typed, name]) => distance(name, typed)), [0, 1, 2, 3, 4, 5]);
});

test('one slip is forgiven, two are not, and none in two letters', () => {
  for (const typed of ['genral', 'gneral', 'genneral', 'ganeral', 'egneral', 'genearl', 'gemer']) assert.ok(distance('general', typed) < Infinity, typed);
  for (const typed of ['gexxral', 'banana', 'xe', 'lareneg']) assert.equal(distance('general', typed), Infinity, typed);
  assert.ok(distance('alice-miller', 'mliler') < Infinity, 'in any word');
});

test('case and marks do not count, in any script', () => {
  for (const [typed, name] of [['zoe', 'Zoë'], ['ELE', 'élève'], ['αθη', 'Αθήνα'], ['京', '東京'], ['οδός', 'οδόσημο']]) {
    assert.ok(distance(fold(name), fold(typed)) < Infinity, name);
  }
});

test('a letter is found by those that are typed for it, and the other way round', () => {
  for (const [one, other] of [['Straße', 'strasse'], ['STRAẞE', 'straße'], ['Ærø', 'aero'], ['Œuvre', 'oeuvre'], ['Łódź', 'lodz'],
    ['Đorđe', 'dorde'], ['Þór', 'thor'], ['ılgaz', 'İLGAZ'], ['ﬁn', 'fin']]) assert.equal(fold(one), fold(other), one);
  assert.deepEqual(rank([{ names: ['ops'] }, { names: ['bau', 'Lange Straße'] }], 'strasse').map(({ names: [name] }) => name), ['bau']);
  assert.deepEqual(rank([{ names: ['hauptstrasse'] }], 'Hauptstraße').length, 1);
});

test('what fits alike is ordered by unread, latest, near, and name', () => {
  const [far, near, old, late, unread] = [
    { names: ['a-far'] }, { names: ['z-near'], isNear: true }, { names: ['old'], latest: 3 }, { names: ['late'], latest: 9 }, { names: ['unread'], unread: 2, latest: 1 },
  ];
  assert.deepEqual(rank([far, near, old, late, unread], ' '), [unread, late, old, near, far]);
  assert.deepEqual(rank([{ names: ['bob'], latest: 9 }, { names: ['bo'] }], 'bo').map(({ names }) => names[0]), ['bo', 'bob']);
  assert.deepEqual(rank([{ names: ['x7', 'Board of Trade'] }], 'trade').length, 1, 'by any of its names');
});
