// Catching up with an open room that the user has not joined.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { messages, page, room } from './harness.js';

const { catchUpUnjoined } = await page('log/history.js');

/**
 * Catches up once. The room has the messages from 1 to `last`; the page has `loaded` of them, and the reader is at the
 * end of these if `isStuck`.
 */
async function catchUp({ loaded, last, isStuck }) {
  const lobby = room({ newest: loaded[1], loaded });
  [lobby.isJoined, lobby.view] = [false, { isStuck }];
  const api = async (_method, path) => (path.includes('/subscribe?')
    ? { messages: [], changed: [], conversations: [], cursor: 'now' }
    : { messages: path.includes('after=') ? messages(1, 500) : messages(last - 499, last) });
  const taken = [];
  const navigation = { current: lobby, reopenAfter: (learn) => learn() };
  await catchUpUnjoined({ api, store: {}, navigation }, (page) => taken.push(page));
  return { lobby, taken };
}

test('a reader far from the end of a room that is not joined stays there', async () => {
  const { lobby, taken } = await catchUp({ loaded: [1, 65], last: 700, isStuck: false });
  assert.deepEqual([lobby.first, lobby.last, lobby.newest, lobby.heard], [1, 65, 700, 700]);
  assert.ok(lobby.isLoaded && !lobby.isAtEnd, 'the end is found by scrolling there');
  assert.deepEqual(taken.map((page) => [page.messages.length, page.changed.length]), [[0, 1000]], 'what is on the screen, too');
  assert.equal(lobby.cursor, 'now');
});

test('a room that is not joined is loaded again for a reader at its end, if that is far away now', async () => {
  const { lobby, taken } = await catchUp({ loaded: [1, 65], last: 700, isStuck: true });
  assert.deepEqual([lobby.isLoaded, taken], [false, []]);
});

test('what touches the loaded messages continues them', async () => {
  const { lobby, taken } = await catchUp({ loaded: [1, 650], last: 700, isStuck: false });
  assert.equal(taken[0].messages[499].seq, 700);
  assert.equal(lobby.heard, 700);
});
