// QR codes, compared with those of another implementation (python-qrcode 8): the first 16 digits of the SHA-256 of
// their rows, as lines of 0 and 1.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { pathOf, qr } from '../../server/static/page/later/qr.js';

const KNOWN = [
  ['a', 1, 'e8ab680854e4019c'],
  ['https://chat.example/#invite=0a1b2-c3d4e-5f6g7-h8j9k-mnpqrs', 4, '610724d92bc69281'],
  ['x'.repeat(15), 2, 'be1f4b93f39e9f2b'],
  ['x'.repeat(42), 3, '29e68797907db7dd'],
  ['x'.repeat(62), 4, '9040f52bb1e8a298'],
  ['x'.repeat(84), 5, '11f4048c14db893b'],
  ['x'.repeat(106), 6, '536f804ac066bd50'],
  ['x'.repeat(122), 7, '91c925bdfb77e72b'],
  ['x'.repeat(152), 8, '05776ce767bdb1a4'],
  ['x'.repeat(180), 9, '21e02ceea8d235cf'],
  ['x'.repeat(213), 10, 'f8a692e420006d88'],
  ['Zürich ☕', 1, '2d68ca8fe31ec780'],
];

test('a code is cell by cell that of another implementation, in each version', () => {
  for (const [text, version, digest] of KNOWN) {
    const rows = qr(text);
    assert.equal(rows.length, 17 + 4 * version, text);
    const lines = rows.map((row) => row.map(Number).join('')).join('\n');
    assert.equal(createHash('sha256').update(lines).digest('hex').slice(0, 16), digest, text);
  }
  assert.equal(new Set(KNOWN.map(([, version]) => version)).size, 10, 'all versions');
});

test('a text that is too long has no code', () => {
  assert.equal(qr('x'.repeat(214)), null);
});

test('a drawing has a square for each dark cell, inside a margin', () => {
  assert.equal(pathOf([[true, false], [false, true]]), 'M4 4h1v1h-1zM5 5h1v1h-1z');
});
