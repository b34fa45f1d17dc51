// Calls to the server, and what counts as its answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page } from './harness.js';

const { Refusal, createApi } = await page('api.js');

test('a refusal is transient if the same call may succeed later', () => {
  for (const status of [0, 408, 429, 503]) assert.ok(new Refusal(status).isTransient, `${status}`);
  for (const status of [400, 401, 404, 409, 410, 500]) assert.ok(!new Refusal(status).isTransient, `${status}`);
});

test('a refusal has words for the user', () => {
  assert.equal(new Refusal(400, { title: 'Bad input', detail: 'Too long a name.' }).words, 'Too long a name.');
  assert.equal(new Refusal(429, {}, 30).words, 'Too many attempts. Try again in 30 seconds.');
  assert.match(new Refusal(503, { detail: 'The database does not answer.' }).words, /database.*in a moment/);
  assert.match(new Refusal(0, {}, 0, 404).words, /in between.*\(status 404\)\. Try again/);
  for (const foreign of [401, 407, 'redirect']) assert.match(new Refusal(0, {}, 0, foreign).words, /own sign-in/);
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
  assert.deepEqual(await createApi(() => 't.o.k')('POST', 'send', { body: { text: 'x' }, key: 'k', has: 'id' }), { id: 1 });
  const [{ path, options }] = asked;
  assert.equal(path, 'send');
  const json = { 'content-type': 'application/json' };
  assert.deepEqual(options.headers, { authorization: 'Bearer t.o.k', ...json, 'idempotency-key': 'k' });
  assert.equal(options.body, '{"text":"x"}');
  assert.equal(options.redirect, 'manual');
});

test('an error becomes a refusal with its problem', async (t) => {
  const problem = { status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '7' } };
  fakeFetch(t, () => new Response('{"title":"Too many requests","type":"/problems/rate"}', problem));
  const refusal = await createApi(() => null)('GET', 'x').catch((refusal) => refusal);
  assert.deepEqual([refusal.status, refusal.message, refusal.retryAfterSeconds], [429, 'Too many requests', 7]);
});

/** Answers of proxies, captive portals and other servers. */
const FOREIGN = [
  [302, 'text/html', ''], [401, 'text/html', '<h1>'], [403, 'text/html', ''], [404, 'text/plain', 'no'],
  [404, 'application/json', '{"type":"/problems/not-found"}'], [401, 'application/problem+json', '{"type":"about:blank"}'],
  [401, 'application/problem+json', '{"type":"https://other.example/problems/unauthorized"}'], [413, 'text/html', ''],
  [400, 'application/problem+json', '{"ty'], [502, 'text/html', ''], [200, 'text/html', '<h1>'],
  [200, 'application/json', '{}'], [200, 'application/json', 'null'], [200, 'application/json', '{"messages":null}'],
];

test('an answer that is not the server\'s has status 0, and names the status of what answered', async (t) => {
  for (const [status, kind, text] of FOREIGN) {
    fakeFetch(t, () => new Response(text, { status, headers: { 'content-type': kind, 'retry-after': '86400' } }));
    const refusal = await createApi(() => 't')('GET', 'poll', { has: 'messages' }).catch((refusal) => refusal);
    assert.deepEqual([refusal.status, refusal.foreign, refusal.isSignedOut], [0, status, false], `${status} ${text}`);
    assert.ok(refusal.isTransient && refusal.retryAfterSeconds <= 10);
    t.mock.restoreAll();
  }
  fakeFetch(t, () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }));
  await assert.rejects(createApi(() => 't')('GET', 'x', { has: 'id' }), { status: 0, foreign: 'redirect' });
});

test('cookies go along once something in between answers without them, unless it asks for a password', async (t) => {
  const call = createApi(() => 't');
  const login = new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
  const asked = fakeFetch(t, () => login.clone());
  await assert.rejects(call('GET', 'x', { has: 'id' }), { status: 0, foreign: 'password' });
  t.mock.restoreAll();
  const used = () => asked.concat(more).map(({ options }) => options.credentials).join(' ');
  const more = fakeFetch(t, (path, { credentials }) => (credentials === 'omit' ? new Response('<h1>') : Response.json({ id: 1 })));
  assert.deepEqual(await call('GET', 'x', { has: 'id' }), { id: 1 });
  assert.deepEqual(await call('GET', 'x', { has: 'id' }), { id: 1 });
  assert.equal(used(), 'omit omit same-origin same-origin');
});

test('a call that answers something is not answered by 204, and one that answers nothing is', async (t) => {
  fakeFetch(t, () => new Response(null, { status: 204 }));
  await assert.rejects(createApi(() => 't')('GET', 'poll', { has: 'messages' }), { status: 0, foreign: 204 });
  assert.equal(await createApi(() => 't')('POST', 'room/1/read'), null);
  t.mock.restoreAll();
  fakeFetch(t, () => Response.json({ lucky: true }));
  await assert.rejects(createApi(() => 't')('POST', 'room/1/read'), { status: 0, foreign: 200 });
});

test('no answer is a refusal with status 0', async (t) => {
  fakeFetch(t, () => { throw new TypeError('failed'); });
  await assert.rejects(createApi(() => null)('GET', 'x'), { status: 0, foreign: 0 });
});

test('only the server\'s word ends a session', async (t) => {
  const kind = 'application/problem+json';
  fakeFetch(t, () => new Response('{"type":"/problems/unauthorized"}', { status: 401, headers: { 'content-type': kind } }));
  await assert.rejects(createApi(() => 't')('GET', 'poll'), { status: 401, isSignedOut: true });
  assert.ok(!new Refusal(401, { type: '/problems/wrong-credentials' }).isSignedOut);
});

test('a token\'s life is counted by the server\'s clock', async (t) => {
  const date = 'Mon, 01 Jun 2037 10:00:00 GMT';
  const answer = { token: 't', expires_at: '2037-06-01T11:00:00.000Z' };
  fakeFetch(t, () => Response.json(answer, { headers: { date } }));
  assert.equal((await createApi(() => null)('POST', 'connect', { has: 'token' })).life, 3_600_000);
});

test('a call ends after its time, in browsers without AbortSignal.any and timeout, too', async (t) => {
  for (const name of ['any', 'timeout']) {
    const { value } = Object.getOwnPropertyDescriptor(AbortSignal, name);
    delete AbortSignal[name];
    t.after(() => { AbortSignal[name] = value; });
  }
  fakeFetch(t, (path, { signal }) => new Promise((_, fail) => { signal.addEventListener('abort', () => fail(signal.reason)); }));
  await assert.rejects(createApi(() => null)('GET', 'x', { seconds: 0.01 }), { status: 0 });
});

test('an aborted call throws the reason', async (t) => {
  const abort = new AbortController();
  fakeFetch(t, (path, { signal }) => { signal.throwIfAborted(); });
  abort.abort(new Error('elsewhere'));
  await assert.rejects(createApi(() => null)('GET', 'x', { signal: abort.signal }), /elsewhere/);
});
