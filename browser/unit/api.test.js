// Calls to the server, and what counts as its answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, page } from './harness.js';

const { Refusal, createApi } = await page('api.js');

const MESSAGE = message(7);
const ROOM = { id: 2, name: 'den', members: 1, joined: true };

test('a refusal is transient if the same call may succeed later', () => {
  for (const status of [0, 408, 429, 500, 503]) assert.ok(new Refusal(status).isTransient, `${status}`);
  for (const status of [400, 401, 403, 404, 409, 410, 413, 422]) assert.ok(!new Refusal(status).isTransient, `${status}`);
});

test('a refusal has words for the user', () => {
  assert.equal(new Refusal(400, { title: 'Bad input', detail: 'Too long a name.' }).words, 'Too long a name.');
  assert.equal(new Refusal(429, {}, 30).words, 'Too many attempts. Try again in 30 seconds.');
  assert.match(new Refusal(503, { detail: 'The database does not answer.' }).words, /database.*in a moment/);
  assert.match(new Refusal(0, {}, 0, 404).words, /in between.*\(status 404\)\. Try again/);
  assert.match(new Refusal(0, {}, 0, 'password').words, /a password of its own.*administrator/);
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
  const asked = fakeFetch(t, () => Response.json(MESSAGE));
  const sent = await createApi(() => 't.o.k')('POST', 'send', { body: { text: 'x' }, key: 'k', as: 'message' });
  assert.deepEqual(sent, MESSAGE);
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
    const refusal = await createApi(() => 't')('GET', 'poll', { as: 'poll' }).catch((refusal) => refusal);
    assert.deepEqual([refusal.status, refusal.foreign, refusal.isSignedOut], [0, status, false], `${status} ${text}`);
    assert.ok(refusal.isTransient && refusal.retryAfterSeconds <= 10);
    t.mock.restoreAll();
  }
  fakeFetch(t, () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }));
  await assert.rejects(createApi(() => 't')('GET', 'x', { as: 'room' }), { status: 0, foreign: 'redirect' });
});

test('cookies go along once something in between answers without them, unless it asks for a password', async (t) => {
  const call = createApi(() => 't');
  const login = new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } });
  const asked = fakeFetch(t, () => login.clone());
  await assert.rejects(call('GET', 'x', { as: 'room' }), { status: 0, foreign: 'password' });
  t.mock.restoreAll();
  const used = () => asked.concat(more).map(({ options }) => options.credentials).join(' ');
  const more = fakeFetch(t, (path, { credentials }) => (credentials === 'omit' ? new Response('<h1>') : Response.json(ROOM)));
  assert.deepEqual(await call('GET', 'x', { as: 'room' }), ROOM);
  assert.deepEqual(await call('GET', 'x', { as: 'room' }), ROOM);
  assert.equal(used(), 'omit omit same-origin same-origin');
});

test('a call that answers something is not answered by 204, and one that answers nothing is', async (t) => {
  fakeFetch(t, () => new Response(null, { status: 204, headers: { 'x-request-id': 'abc' } }));
  await assert.rejects(createApi(() => 't')('GET', 'poll', { as: 'poll' }), { status: 0, foreign: 204 });
  assert.equal(await createApi(() => 't')('POST', 'room/1/read'), null);
  t.mock.restoreAll();
  // One of something in between, which says "done" to everything.
  fakeFetch(t, () => new Response(null, { status: 204 }));
  for (const path of ['disconnect', 'room/2/leave', 'room/2/join', 'room/1/read']) {
    await assert.rejects(createApi(() => 't')('POST', path), { status: 0, foreign: 204 }, path);
  }
  t.mock.restoreAll();
  fakeFetch(t, () => Response.json({ lucky: true }));
  await assert.rejects(createApi(() => 't')('POST', 'room/1/read'), { status: 0, foreign: 200 });
});

test('no answer is a refusal with status 0', async (t) => {
  fakeFetch(t, () => { throw new TypeError('failed'); });
  await assert.rejects(createApi(() => null)('GET', 'x'), { status: 0, foreign: 0 });
});

/** Answers that are JSON, by what was asked for, and not of the shape that the page relies on. */
const MISSHAPEN = {
  poll: [
    { messages: {}, cursor: 'c' }, { messages: [null], cursor: 'c' }, { messages: [] }, { messages: [], cursor: '' },
    { messages: [], cursor: 7 }, { messages: 'none', cursor: 'c' }, { messages: [[]], cursor: 'c' }, [], 'c', 7,
    ...['id', 'seq', 'from', 'text', 'sent_at'].flatMap((field) => [undefined, null, {}].map((value) =>
      ({ messages: [{ ...MESSAGE, [field]: value }], cursor: 'c' }))),
    { messages: [{ ...MESSAGE, sent_at: 'noon' }], cursor: 'c' }, { messages: [{ ...MESSAGE, room_id: '1' }], cursor: 'c' },
    { messages: [{ ...MESSAGE, room: undefined }], cursor: 'c' }, { messages: [{ ...MESSAGE, room: null }], cursor: 'c' },
  ],
  page: [{ messages: {} }, { messages: [null] }, { messages: [{}] }, {}, null],
  cursor: [{}, { cursor: null }, { cursor: ['c'] }],
  message: [{}, [], { ...MESSAGE, seq: 'x' }, { ...MESSAGE, seq: 1.5 }],
  status: [
    {}, { conversations: {} }, { conversations: [null] }, { conversations: [] },
    { conversations: [], server: { version: '1', started_at: 'x' } },
    ...[{ newest: 1 }, { room: 'den', newest: 1, last_read: 0 }, { with: 'bob', newest: 1, last_read: 0, messages: [null] }]
      .map((one) => ({ conversations: [one], server: { version: '1', started_at: MESSAGE.sent_at } })),
  ],
  room: [{}, { id: 2 }, { ...ROOM, name: '' }, { ...ROOM, joined: 1 }, null, []],
  rooms: [{}, { length: 0 }, [null], [{ id: 2 }], 'rooms'],
  users: [{}, [null], [{ id: 2 }], [{ id: '2', name: 'bob' }]],
  token: [{}, { token: 7 }, { token: '' }],
  session: [{ token: 't' }, { token: 't', user: {} }, { token: 't', user: { id: 1, name: '' } }],
};

test('an answer of another shape is not the server\'s', async (t) => {
  const direct = { ...MESSAGE, room: undefined, room_id: undefined, to: 'bob' };
  const server = { version: '1', started_at: MESSAGE.sent_at };
  const known = { newest: 1, last_read: 0, unread: 1, more: 'of a later version' };
  const right = {
    poll: { messages: [MESSAGE, direct], cursor: 'c', more: false }, page: { messages: [] }, cursor: { cursor: 'c' },
    message: direct, room: ROOM, rooms: [ROOM], users: [{ id: 2, name: 'bob' }], token: { token: 't' },
    status: { server, conversations: [{ ...known, room: 'den', room_id: 2, messages: [MESSAGE] }, { ...known, with: 'bob' }] },
    session: { token: 't', user: { id: 1, name: 'alice', guest: false } },
  };
  for (const [as, wrong] of Object.entries(MISSHAPEN)) {
    for (const answer of [right[as], ...wrong]) {
      fakeFetch(t, () => Response.json(answer));
      const asked = createApi(() => 't')('GET', 'x', { as });
      if (answer === right[as]) assert.deepEqual(await asked, JSON.parse(JSON.stringify(answer)));
      else await assert.rejects(asked, { status: 0, foreign: 200 }, `${as} ${JSON.stringify(answer)}`);
      t.mock.restoreAll();
    }
  }
});

test('a problem whose words are none still has some', async (t) => {
  const problem = { status: 404, headers: { 'content-type': 'application/problem+json' } };
  fakeFetch(t, () => new Response('{"type":"/problems/not-found","title":{},"detail":[1]}', problem));
  await assert.rejects(createApi(() => 't')('GET', 'x', { as: 'page' }), { status: 404, message: 'status 404' });
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
  assert.equal((await createApi(() => null)('POST', 'connect', { as: 'token' })).life, 3_600_000);
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
