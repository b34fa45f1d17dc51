// Messages on their way to the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, room, settled, skipPauses, until } from './harness.js';

const { Refusal } = await page('api.js');
const { Outbox } = await page('outbox.js');

/** An outbox whose posts are answered by `answer(item, attempt)`. */
function outboxWith(answer, { left, isConnected = () => false } = {}) {
  const life = new AbortController();
  const seen = { posts: [], sent: [], failed: [] };
  const outbox = new Outbox({ id: 'session' }, left, {
    post: async (item) => {
      seen.posts.push(item.key);
      return answer(item, seen.posts.length);
    },
    sent: (message) => seen.sent.push(message), failed: (item) => seen.failed.push(item.text), changed() {},
    isConnected, signal: life.signal,
  });
  return { outbox, seen, life };
}

test('messages are sent in order, one at a time, each under its own key', async () => {
  const texts = [];
  const { outbox, seen } = outboxWith(async ({ text }) => {
    texts.push(text);
    await settled();
    return { seq: texts.length };
  });
  const general = room({ newest: 0 });
  for (const text of ['one', 'two', 'three']) outbox.put(general, text);
  assert.deepEqual(texts, ['one']);
  await until(() => seen.sent.length === 3);
  assert.deepEqual(texts, ['one', 'two', 'three']);
  assert.equal(new Set(seen.posts).size, 3);
  assert.deepEqual(outbox.unsent, []);
});

test('a sent message is shown until the conversation has it', async () => {
  const { outbox, seen } = outboxWith(() => ({ seq: 1 }));
  const general = room({ newest: 0 });
  outbox.put(general, 'one');
  await until(() => seen.sent.length);
  assert.deepEqual(outbox.of(general).map(({ state }) => state), ['arrived']);
  general.absorb([{ seq: 1, id: 1 }]);
  assert.deepEqual(outbox.of(general), []);
});

test('a sent message that was deleted before the conversation has it is not shown', async () => {
  const { outbox, seen } = outboxWith(() => ({ seq: 9 }));
  const general = room({ newest: 8, loaded: [1, 3] });
  outbox.put(general, 'hunter2');
  await until(() => seen.sent.length);
  assert.deepEqual(outbox.of(general).map(({ text }) => text), ['hunter2']);
  general.revise({ seq: 9, id: 9, text: '', deleted_at: '2026-05-20T13:00:00.000Z', revision: 2000 });
  assert.deepEqual(outbox.of(general), []);
});

test('a transient refusal is retried under the same key, until the user decides', async (t) => {
  skipPauses(t);
  const { outbox, seen } = outboxWith(() => { throw new Refusal(503, { detail: 'The database is away.' }); });
  outbox.put(room({ newest: 0 }), 'one');
  await until(() => seen.failed.length);
  assert.equal(seen.posts.length, 1 + Outbox.PAUSES.length);
  assert.equal(new Set(seen.posts).size, 1);
  assert.match(outbox.items[0].reason, /database/);
  outbox.retry(seen.posts[0]);
  assert.equal(outbox.items[0].state, 'sending');
});

test('messages stay in order while the server is away or busy, or a proxy says so', async (t) => {
  skipPauses(t);
  const reasons = [
    new Refusal(503, { type: '/problems/unavailable', detail: 'The database is away.' }), new Refusal(429, { type: '/problems/too-many' }),
    new Refusal(0, {}, 0, 502), new Refusal(0, {}, 0, 503), new Refusal(0, {}, 0, 504), new Refusal(0),
  ];
  for (const reason of reasons) {
    const texts = [];
    let isAway = true;
    const { outbox, seen } = outboxWith(({ text }) => {
      if (isAway) throw reason;
      texts.push(text);
      return { seq: texts.length };
    });
    for (const text of ['one', 'two', 'three']) outbox.put(room({ newest: 0 }), text);
    await until(() => seen.failed.length);
    assert.deepEqual(outbox.items.map(({ state }) => state), ['failed', 'failed', 'failed'], reason.cause);
    isAway = false;
    outbox.askAgain();
    await until(() => seen.sent.length === 3);
    assert.deepEqual(texts, ['one', 'two', 'three'], reason.cause);
  }
});

test('what waits behind a message is sent once that one was tried again', async (t) => {
  skipPauses(t);
  let isBusy = true;
  const { outbox, seen } = outboxWith(() => {
    if (isBusy) throw new Refusal(429, { type: '/problems/too-many' });
    return { seq: 1 };
  }, { isConnected: () => true });
  for (const text of ['one', 'two']) outbox.put(room({ newest: 0 }), text);
  await until(() => seen.failed.length);
  isBusy = false;
  outbox.retry(outbox.items[0].key);
  await until(() => seen.sent.length === 2);
});

test('an error inside the server is retried, and the next message does not wait for it for ever', async (t) => {
  skipPauses(t);
  const { outbox, seen } = outboxWith(({ text }) => {
    if (text === 'one') throw new Refusal(500, { type: '/problems/internal', detail: 'An error.' });
    return { seq: 1 };
  });
  for (const text of ['one', 'two']) outbox.put(room({ newest: 0 }), text);
  await until(() => seen.sent.length);
  assert.equal(seen.posts.length, 1 + Outbox.PAUSES.length + 1);
  assert.match(outbox.items[0].reason, /^An error\. The page keeps trying/);
});

test('unanswered sends are retried for longer while polls are answered', async (t) => {
  skipPauses(t);
  for (const [isConnected, pauses] of [[false, Outbox.PAUSES], [true, [...Outbox.PAUSES, ...Outbox.MORE_PAUSES]]]) {
    let isOver = false;
    const { outbox, seen } = outboxWith(() => {
      if (isOver) return { seq: 1 };
      throw new Refusal(0);
    }, { isConnected: () => isConnected });
    outbox.put(room({ newest: 0 }), 'one');
    await until(() => seen.failed.length);
    isOver = true;
    assert.equal(seen.posts.length, 1 + pauses.length);
    assert.equal(outbox.items[0].reason, 'There is no connection. The page keeps trying.');
  }
});

test('an unanswered message that a poll brings after all is no failure', async (t) => {
  skipPauses(t);
  let isAway = true;
  const { outbox, seen } = outboxWith(() => {
    if (isAway) throw new Refusal(0);
    return { seq: 1 };
  });
  const general = room({ newest: 0 });
  outbox.put(general, 'one');
  await until(() => seen.failed.length);
  await settled();
  isAway = false;
  outbox.recognise(general, { seq: 1, text: 'one' });
  await until(() => seen.sent.length);
  assert.equal(new Set(seen.posts).size, 1);
});

test('a refusal that will not change fails at once, and the next message is sent', async () => {
  const { outbox, seen } = outboxWith((item, attempt) => {
    if (attempt === 1) throw new Refusal(400, { detail: 'No.' });
    return { seq: 1 };
  });
  const general = room({ newest: 0 });
  outbox.put(general, 'one');
  outbox.put(general, 'two');
  await until(() => seen.sent.length);
  assert.deepEqual(outbox.of(general).map(({ text, state }) => `${text} ${state}`), ['two arrived', 'one failed']);
  outbox.remove(seen.posts[0]);
  assert.deepEqual(outbox.unsent, []);
});

test('a message that a poll brings before its answer is not shown twice', async () => {
  let answer;
  const { outbox, seen } = outboxWith(() => new Promise((done) => { answer = done; }));
  const general = room({ newest: 0 });
  outbox.put(general, 'one');
  outbox.recognise(general, { seq: 1, text: 'one' });
  general.absorb([{ seq: 1, id: 1 }]);
  assert.deepEqual(outbox.of(general), []);
  answer({ seq: 1 });
  await until(() => seen.sent.length);
  assert.deepEqual(outbox.items, []);
});

test('messages of a former session are kept, and old ones are not sent by themselves', async () => {
  const at = Date.now() - 25 * 3_600_000;
  const old = { key: 'k', conversation: 'room/general', text: 'old', state: 'sending', at };
  const { outbox, seen } = outboxWith(() => ({ seq: 1 }), { left: [old] });
  outbox.start();
  await until(() => seen.failed.length);
  assert.deepEqual(seen.posts, []);
  assert.match(outbox.items[0].reason, /more than a day ago/);
});

test('what was not answered is sent when the connection is back, in order and under the same keys', async (t) => {
  skipPauses(t);
  let isAway = true;
  const texts = [];
  const { outbox, seen } = outboxWith(({ text }) => {
    if (isAway) throw new Refusal(0);
    return { seq: texts.push(text) };
  });
  const general = room({ newest: 0 });
  for (const text of ['one', 'two']) outbox.put(general, text);
  await until(() => outbox.items.every(({ state }) => state === 'failed'));
  const keys = outbox.items.map(({ key }) => key);
  isAway = false;
  outbox.put(general, 'three');
  await until(() => seen.sent.length === 3);
  assert.deepEqual(texts, ['one', 'two', 'three']);
  assert.ok(keys.every((key) => seen.posts.includes(key)));
  isAway = true;
  outbox.put(general, 'four');
  await until(() => outbox.items[0]?.state === 'failed');
  isAway = false;
  outbox.askAgain();
  await until(() => seen.sent.length === 4);
});

test('while polls are answered, an unanswered message is sent again by itself', async (t) => {
  skipPauses(t);
  const { outbox, seen } = outboxWith((item, attempt) => {
    if (attempt <= 1 + Outbox.PAUSES.length + Outbox.MORE_PAUSES.length) throw new Refusal(0, {}, 0, 404);
    return { seq: 1 };
  }, { isConnected: () => true });
  outbox.put(room({ newest: 0 }), 'one');
  await until(() => seen.sent.length);
  assert.equal(new Set(seen.posts).size, 1);
  assert.equal(seen.failed.length, 1, 'it is announced once');
});

test('a message that something in between refuses does not hold up the next one', async (t) => {
  skipPauses(t);
  const { outbox, seen } = outboxWith(({ text }) => {
    if (text === 'one') throw new Refusal(0, {}, 0, 403);
    return { seq: 1 };
  });
  const general = room({ newest: 0 });
  for (const text of ['one', 'two']) outbox.put(general, text);
  await until(() => seen.sent.length);
  assert.match(outbox.items[0].reason, /in between.*403/);
});

test('an old message that the user sends again gets a new key', async () => {
  const old = { key: 'k', conversation: 'room/general', text: 'old', state: 'failed', at: Date.now() - 25 * 3_600_000 };
  const { outbox, seen } = outboxWith(() => ({ seq: 1 }), { left: [old] });
  outbox.retry('k');
  await until(() => seen.sent.length);
  assert.notEqual(seen.posts[0], 'k');
});
