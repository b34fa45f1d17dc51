// gestures.js: what is a swipe, and what is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { swipeOf } from '../../server/static/page/gestures.js';

test('a swipe is long, quick, and sideways', () => {
  for (const [x, y, ms, direction] of [
    [90, 10, 200, 'right'], [-90, -40, 200, 'left'], [56, 0, 600, 'right'],
    [55, 0, 200, ''], [0, 0, 50, ''], [90, 60, 200, ''], [20, 300, 200, ''], [200, 0, 900, ''],
  ]) assert.equal(swipeOf({ x, y, ms }), direction, `${x} ${y} ${ms}`);
});
