// Refusals, backoff, and the held poll.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, until } from './harness.js';

const { CONNECTED, Poller, Refusal, backoff, createApi, pollPath } = await page('api.js');

test('a refusal is transient if the same call may succeed later', () => {
  for (const status of [0, 429, 502, 503, 504]) assert.ok(new Refusal(status).isTransient, `${status}`);
  for (const status of [400, 401, 404, 409, 410, 500]) assert.ok(!new Refusal(status).isTransient, `${status}`);
});

test('a refusal has words for the user', () => {
  assert.equal(new Refusal(400, { title: 'Bad input', detail: 'Too long a name.' }).words, 'Too long a name.');
  assert.equal(new Refusal(429, {}, 30).words, 'Too many attempts. Try again in 30 seconds.');
  assert.match(new Refusal(503).words, /database.*in a moment/);
});

test('pauses grow to half a minute, and are not shorter than the server asks for', () => {
  const between = (failures, refusal, low, high) => {
    for (let n = 0; n < 50; n += 1) {
      const ms = backoff(failures, { retryAfterSeconds: 0, ...refusal });
      assert.ok(ms >= low && ms <= high, `${failures} ${JSON.stringify(refusal)}: ${ms}`);
    }
  };
  between(1, { status: 0 }, 500, 1000);
  between(2, { status: 0 }, 1000, 2000);
  between(50, { status: 503 }, 15_000, 30_000);
  between(1, { status: 409 }, 5000, 10_000);
  // Never before the time, and spread over as much again.
  between(1, { status: 429, retryAfterSeconds: 40 }, 40_000, 60_000);
});

/** Answers `fetch` with `answer` during a test. */
function fakeFetch(t, answer) {
  const asked = [];
  t.mock.method(globalThis, 'fetch', async (path, options) => {
    asked.push({ path, options });
    return answer(path, options);
  });
  return asked;
}

test('a call sends its token and key, to a path relative to the page', async (t) => {
  const asked = fakeFetch(t, () => Response.json({ id: 1 }));
  assert.deepEqual(await createApi('t.o.k')('POST', 'send', { body: { text: 'x' }, key: 'k' }), { id: 1 });
  const [{ path, options }] = asked;
  assert.equal(path, 'send');
  const json = { 'content-type': 'application/json' };
  assert.deepEqual(options.headers, { authorization: 'Bearer t.o.k', ...json, 'idempotency-key': 'k' });
  assert.equal(options.body, '{"text":"x"}');
});

test('an error becomes a refusal with its problem', async (t) => {
  const problem = { status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '7' } };
  fakeFetch(t, () => new Response('{"title":"Too many requests","type":"/problems/rate"}', problem));
  const refusal = await createApi(null)('GET', 'x').catch((refusal) => refusal);
  assert.deepEqual([refusal.status, refusal.message, refusal.retryAfterSeconds], [429, 'Too many requests', 7]);
});

test('no answer, and an answer that is not of the server, are refusals with status 0', async (t) => {
  for (const answer of [() => { throw new TypeError('failed'); }, () => new Response('<html>', { status: 200 })]) {
    fakeFetch(t, answer);
    await assert.rejects(createApi(null)('GET', 'x'), { status: 0 });
    t.mock.restoreAll();
  }
  fakeFetch(t, () => new Response(null, { status: 204 }));
  assert.equal(await createApi(null)('POST', 'x'), null);
});

test('an aborted call throws the reason', async (t) => {
  const abort = new AbortController();
  fakeFetch(t, (path, { signal }) => { signal.throwIfAborted(); });
  abort.abort(new Error('elsewhere'));
  await assert.rejects(createApi(null)('GET', 'x', { signal: abort.signal }), /elsewhere/);
});

test('the first poll is answered at once, and the next ones are held', async () => {
  const asked = [];
  const states = [];
  const abort = new AbortController();
  let cursor = 'a&b';
  const poller = new Poller({
    api: async (method, path, { signal }) => {
      asked.push(path);
      if (asked.length > 1) await new Promise((done) => { signal.addEventListener('abort', done); });
      signal.throwIfAborted();
      return { messages: [], cursor: 'next' };
    },
    cursor: () => cursor, page: (page) => { cursor = page.cursor; }, state: (state) => states.push(state), reset() {},
  });
  const holding = poller.hold(abort.signal);
  await until(() => asked.length === 2);
  assert.deepEqual(asked, [pollPath('a&b', 0), pollPath('next', 25)]);
  assert.match(asked[0], /^poll\?cursor=a%26b&wait=0&.*mark_read=false$/);
  assert.deepEqual(states, [CONNECTED]);
  abort.abort();
  await holding;
});

test('a failed poll says what it waits for, and a nudge ends the wait', async () => {
  const states = [];
  const abort = new AbortController();
  let fails = 2;
  const task = async () => {
    fails -= 1;
    if (fails >= 0) throw new Refusal(503);
    return 'done';
  };
  const poller = new Poller({ state: (state) => states.push(state) });
  const result = poller.patiently(task, abort.signal);
  for (let n = 1; n <= 2; n += 1) {
    await until(() => states.length === n);
    poller.nudge();
  }
  assert.equal(await result, 'done');
  assert.match(states[0].words, /^The server cannot reach its database\. Retrying in \d seconds?\.$/);
  assert.equal(poller.failures, 2);
});

test('a cursor of another database resets the page, without a pause', async () => {
  let resets = 0;
  const poller = new Poller({ state() {}, reset: async () => { resets += 1; } });
  await poller.patiently(async () => { if (!resets) throw new Refusal(410); }, new AbortController().signal);
  assert.equal(resets, 1);
  assert.equal(poller.failures, 0);
});

test('an error that is not a refusal is thrown', async () => {
  const poller = new Poller({});
  const task = async () => { throw new TypeError('oops'); };
  await assert.rejects(poller.patiently(task, new AbortController().signal), /oops/);
});
