// Something between the page and the server answers, redirects or swallows calls: nothing ends, and nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Between } from '../harness/between.js';
import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** A scene with a guest behind a proxy, and Carol, who talks to the server itself. */
const behind = (play) => scene(async ({ server, person, t }) => {
  const between = await Between.start(server);
  t.after(() => between.stop());
  const user = await person();
  user.trouble.expectFailedRequests('a status of', 'ERR_');
  const chat = await user.tab(between.url);
  await play({ between, user, chat, server, carol: await Caller.connect(server, { username: 'carol' }) });
});

const HTML = { 'content-type': 'text/html' };

const JSON_BODY = { 'content-type': 'application/json' };

/** What proxies answer, and what the page then says. */
const PASSING = [
  // First, as long as no cookies go along: with them, the browser itself asks for the password.
  [401, { ...HTML, 'www-authenticate': 'Basic realm="x"' }, /password of its own/],
  [401, HTML, /own sign-in/], [302, { ...HTML, location: 'http://127.0.0.1:1/login' }, /own sign-in/],
  [401, { 'content-type': 'application/problem+json' }, /own sign-in/],
  [400, HTML, /status 400/], [403, HTML, /status 403/], [404, HTML, /status 404/], [413, HTML, /status 413/],
  [429, { ...HTML, 'retry-after': '86400' }, /status 429/], [502, HTML, /status 502/], [204, {}, /status 204/],
  [200, HTML, /status 200/], [200, JSON_BODY, /status 200/],
  [200, JSON_BODY, /status 200/, '{"messages":{},"cursor":"x"}'], [200, JSON_BODY, /status 200/, '{"messages":[null],"cursor":"x"}'],
  [200, JSON_BODY, /status 200/, '{"messages":[]}'],
];

test('what a proxy answers ends nothing, and a message sent meanwhile arrives once', behind(async ({ between, chat, carol }) => {
  await chat.knock('Guest', { name: 'gina', keep: true });
  await chat.isIn();
  const said = [];
  for (const [status, headers, words, body = '{}'] of PASSING) {
    between.answer(status, headers, status === 204 ? undefined : body);
    await chat.page.evaluate(() => dispatchEvent(new Event('online')));
    const text = `${said.length}: during ${status}`;
    await chat.say(text);
    await eventually(`the page says what has answered: ${status}`, async () => words.test(await chat.state.first().textContent()));
    between.pass();
    await chat.hears(text);
    said.push(text);
  }
  assert.deepEqual((await carol.history()).map(({ text }) => text), said);
  await chat.page.reload();
  await chat.hears(said.at(-1));
}));

test('a cursor that the server does not understand is replaced', behind(async ({ between, chat, carol }) => {
  await chat.knock('Guest', { name: 'gina' });
  await chat.isIn();
  let isLost = true;
  between.handle = (asked, answer, path) => {
    if (!isLost || !path.startsWith('/poll')) return false;
    isLost = false;
    // The server's answer to `cursor=undefined`.
    answer.writeHead(400, { 'content-type': 'application/problem+json' }).end('{"type":"/problems/bad-input"}');
    return true;
  };
  await chat.page.evaluate(() => dispatchEvent(new Event('online')));
  await eventually('a poll was refused', async () => !isLost);
  await carol.say('afterwards');
  await chat.hears('afterwards');
}));

test('204 of something in between is not taken for done', behind(async ({ between, chat, carol, server }) => {
  await carol.post('/rooms', { name: 'den' });
  await chat.knock('New account', { name: 'alice', password: PASSWORD });
  await chat.isIn();
  const alice = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await alice.post('/room/2/join');
  await chat.link('#den').waitFor();
  await chat.open('#den');
  await carol.say('psst', 'den');
  const stub = /\/(disconnect|leave|read)$/;
  between.handle = (asked, answer, path) => {
    if (stub.test(path)) answer.writeHead(204).end();
    return stub.test(path);
  };
  await chat.hears('psst');
  await chat.leave();
  await chat.page.getByRole('alert').filter({ hasText: 'status 204' }).waitFor();
  await chat.isAt('#den');
  between.pass();
  await carol.say('again', 'den');
  await eventually('the position is told again', async () => (await alice.unread('den')) === 0);
  between.answer(204);
  await chat.signOut();
  await chat.isOut();
  await chat.door.getByText('the server could not be notified').waitFor();
}));

test('the sign-in form says that something in between has refused', behind(async ({ between, chat }) => {
  between.answer(401, { ...HTML, 'www-authenticate': 'Basic realm="x"' });
  await chat.knock('Guest', { name: 'gina' });
  await chat.refusal.filter({ hasText: /password of its own/ }).waitFor();
  between.answer(404, HTML);
  await chat.knock('Sign in', { name: 'gina', password: 'correct horse' });
  await chat.refusal.filter({ hasText: /instead of linger.*404/ }).waitFor();
  between.pass();
  await chat.knock('Guest', { name: 'gina' });
  await chat.isIn();
}));

test('a proxy\'s cookie goes along with every call', behind(async ({ between, user, chat, carol }) => {
  await user.context.addCookies([{ name: 'signed-on', value: 'yes', url: between.url }]);
  // Wait for the page's first call: it must not count among those without the cookie.
  await chat.door.getByRole('button', { name: 'I have a code' }).waitFor();
  const without = [];
  between.handle = (asked, answer, path) => {
    if (/signed-on=yes/.test(asked.headers.cookie ?? '')) return false;
    without.push(path);
    answer.writeHead(302, { location: 'http://127.0.0.1:1/login' }).end();
    return true;
  };
  await chat.knock('Guest', { name: 'gina' });
  await chat.isIn();
  await carol.say('hello');
  await chat.hears('hello');
  assert.deepEqual(without, ['/connect'], 'the first call finds out');
}));

test('the page works at an address without a slash at the end', behind(async ({ between, chat }) => {
  await chat.door.waitFor();
  assert.equal(chat.page.url(), `${between.url}/`);
}));

/** The limit for "soon". A held poll that is swallowed is given up after 35 seconds. */
const SOON_MS = 25_000;

/**
 * Swallows the held polls, as a connection does that died without a word, and the calls that would tell of it later.
 */
async function swallowPolls({ between, chat }) {
  let swallowed = 0;
  between.handle = (asked, answer, path) => {
    const isPoll = path.startsWith('/poll') && !/wait=0/.test(path);
    if (isPoll) swallowed += 1;
    return isPoll || path.startsWith('/status');
  };
  await chat.page.evaluate(() => dispatchEvent(new Event('online')));
  await eventually('a poll is swallowed', async () => swallowed > 0);
}

test('a swallowed poll is noticed by what it does not bring', behind(async ({ between, chat, carol }) => {
  await chat.knock('Guest', { name: 'gina' });
  await chat.isIn();
  await swallowPolls({ between, chat });
  await carol.say('into the dead line');
  await chat.say('mine');
  const begun = performance.now();
  await chat.hears('mine');
  await chat.hears('into the dead line');
  const took = performance.now() - begun;
  assert.ok(took < SOON_MS, `${took} ms`);
}));

test('what came while the computer slept is shown soon, on a hidden page, too', behind(async ({ between, chat, carol }) => {
  await chat.knock('Guest', { name: 'gina' });
  await chat.isIn();
  for (const isHidden of [false, true]) {
    await chat.lookAway(isHidden);
    await swallowPolls({ between, chat });
    await carol.say(`while it slept ${isHidden}`);
    const begun = performance.now();
    // The clock jumps, as it does for timers that were suspended.
    await chat.page.evaluate(() => {
      globalThis.now ??= Date.now;
      globalThis.ahead = (globalThis.ahead ?? 0) + 3_600_000;
      Date.now = () => globalThis.now() + globalThis.ahead;
    });
    await chat.hears(`while it slept ${isHidden}`);
    const took = performance.now() - begun;
    assert.ok(took < SOON_MS, `${isHidden}: ${took} ms`);
  }
}));
