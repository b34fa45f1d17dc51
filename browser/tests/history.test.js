// Five thousand messages: all can be scrolled to, few are in the document, and what the user reads stays in place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { DEADLINE_MS, eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const MESSAGES = 5000;

/** How many messages the document may hold: more would be too many for a phone. */
const MAX_ARTICLES = 300;

/** How far a message may move while it is read, in pixels: a fraction is rounding. */
const MAX_JUMP = 1;

/** Returns texts of one to many lines. */
const text = (n) => `${n} ${'all work and no play makes a dull boy '.repeat(n % 7 === 0 ? 12 : n % 3)}`.trim();

/** Scrolls to the edge of what is loaded (`-1` up, `1` down) and watches a message there until more is loaded. */
async function reachEdge(chat, direction) {
  return chat.log.evaluate(async (log, { direction, deadlineMs }) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const articles = () => [...log.querySelectorAll('article[data-seq]')];
    const seqs = () => articles().map((article) => Number(article.dataset.seq));
    const edge = () => (direction < 0 ? seqs()[0] : seqs().at(-1));
    const before = edge();
    const view = log.getBoundingClientRect();
    log.scrollTop = direction < 0 ? 1 : log.scrollHeight - log.clientHeight - 1;
    await frame();
    // The message in the middle of the view, which is in it before and after.
    const middle = view.top + view.height / 2;
    const article = articles().find((article) => article.getBoundingClientRect().bottom > middle);
    const anchor = article.querySelector('.text');
    const top = anchor.getBoundingClientRect().top;
    let jump = 0;
    let most = 0;
    const begun = performance.now();
    // A few frames more: the page may correct the position, which the user would see.
    for (let after = 0; after < 3; await frame()) {
      if (!anchor.isConnected) return { failure: `message ${article.dataset.seq} went while it was read` };
      jump = Math.max(jump, Math.abs(anchor.getBoundingClientRect().top - top));
      most = Math.max(most, articles().length);
      if (edge() !== before) after += 1;
      else if (performance.now() - begun > deadlineMs) return { failure: `nothing came after ${before}` };
    }
    return { jump, most, seqs: seqs() };
  }, { direction, deadlineMs: DEADLINE_MS });
}

test('the whole history can be scrolled up and down without a jump', { timeout: 600_000 }, scene(async ({ server, person, t }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (let n = 1; n <= MESSAGES; n += 500) {
    await carol.sayAll(Array.from({ length: 500 }, (_, at) => text(n + at)));
  }
  const alice = await (await person()).tab();
  await alice.page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: 'longtask' });
  });
  await alice.createAccount('alice');
  await eventually('the newest is there', async () => (await alice.log.locator(`[data-seq="${MESSAGES}"]`).count()) === 1);

  const seen = new Set();
  let worst = 0;
  let most = 0;
  const begun = performance.now();
  let steps = 0;
  const look = async (direction, isThere) => {
    for (;;) {
      const { failure, jump, most: articles, seqs } = await reachEdge(alice, direction);
      assert.equal(failure, undefined);
      worst = Math.max(worst, jump);
      most = Math.max(most, articles);
      steps += 1;
      const rising = seqs.every((seq, at) => at === 0 || seq === seqs[at - 1] + 1);
      assert.ok(rising, `each message is there once, in order: ${seqs}`);
      for (const seq of seqs) seen.add(seq);
      if (isThere(seqs)) return;
    }
  };
  await look(-1, (seqs) => seqs[0] === 1);
  const took = performance.now() - begun;
  assert.equal(seen.size, MESSAGES, 'every message was shown');
  await alice.shoot('beginning-of-history');
  for (let n = 0; n < 5; n += 1) await look(1, () => true);
  t.diagnostic(`${steps} pages, ${Math.round(took / steps)} ms each; at most ${most} messages in the document; ` +
    `the largest jump ${worst.toFixed(2)} px; the longest task ${await alice.page.evaluate(() => Math.round(globalThis.longest))} ms`);
  assert.ok(worst <= MAX_JUMP, `the message that was read moved by ${worst} px`);
  assert.ok(most <= MAX_ARTICLES, `${most} messages were in the document`);

  await alice.newest.click();
  await eventually('the newest is there', async () => (await alice.log.locator(`[data-seq="${MESSAGES}"]`).count()) === 1);
  await carol.say('one more');
  await alice.hears('one more');
  const isAtTheEnd = () => alice.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);
  await eventually('the log is at the end', isAtTheEnd);
}));

test('new messages do not move the older ones that are being read', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 80 }, (_, n) => text(n)));
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.log.locator('[data-seq="80"]').waitFor();
  await alice.log.evaluate((log) => { log.scrollTop = 100; });
  await alice.newest.waitFor();
  const where = () => alice.log.evaluate((log) => {
    const top = log.getBoundingClientRect().top;
    const first = [...log.querySelectorAll('article')].find((article) => article.getBoundingClientRect().bottom > top);
    return [first.dataset.seq, Math.round(first.getBoundingClientRect().top)];
  });
  // Older messages may still be loading above it.
  await eventually('the log is at rest', async () => {
    const before = await where();
    await alice.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return JSON.stringify(before) === JSON.stringify(await where());
  });
  const before = await where();
  for (let n = 0; n < 20; n += 1) await carol.say(`new ${n}`);
  await eventually('they are counted', async () => (await alice.unread('#general')) >= 20);
  assert.deepEqual(await where(), before);
}));

test('a scroll away from the end is not undone by what is drawn before the browser tells of it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 80 }, (_, n) => text(n)));
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.log.locator('[data-seq="80"]').waitFor();
  const top = await alice.log.evaluate((log) => {
    log.scrollTop -= 900;
    // The log is drawn again at once.
    dispatchEvent(new Event('focus'));
    return log.scrollHeight - log.scrollTop - log.clientHeight;
  });
  assert.ok(top > 800, `${top} px above the end`);
  await alice.newest.waitFor();
}));

test('a scroll away from the end is kept if the page is hidden or left before the browser tells of it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 80 }, (_, n) => text(n)));
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.log.locator('[data-seq="80"]').waitFor();
  for (const event of ['visibilitychange', 'pagehide']) {
    const kept = await alice.log.evaluate((log, event) => {
      log.scrollTop -= 900;
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' });
      (event === 'pagehide' ? window : document).dispatchEvent(new Event(event));
      delete document.visibilityState;
      const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith('linger.place.'));
      return JSON.parse(sessionStorage[key]).scroll;
    }, event);
    assert.ok(kept?.seq < 80, `${event}: ${JSON.stringify(kept)}`);
    await alice.newest.click();
    await alice.newest.waitFor({ state: 'hidden' });
  }
}));

/** Holds back the answers to a tab's requests for one path's history. Returns a function that releases them. */
async function holdBack(chat, path) {
  let release;
  const released = new Promise((done) => { release = done; });
  await chat.page.route((url) => url.pathname === `${path}/messages` && url.searchParams.get('limit') === '100', async (route) => {
    try {
      const response = await route.fetch();
      await released;
      await route.fulfill({ response });
    } catch { /* the page has taken its question back */ }
  });
  return release;
}

test('the user can send before the history is loaded', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const release = await holdBack(alice, '/direct/bob');
  await alice.findPerson('bob');
  await alice.dialog.waitFor({ state: 'detached' });
  await alice.say('psst');
  await alice.say('are you there?');
  await alice.message('psst').waitFor();
  await eventually('both are sent', async () => (await bob.unread('@alice')) === 2);
  await bob.tell('alice', 'yes?');
  await eventually('the answer has come, or is counted', async () => (await alice.unread('bob')) === 1);
  assert.deepEqual(await alice.heard(), ['psst', 'are you there?'], 'both stay');
  release();
  await alice.hears('yes?');
  assert.deepEqual(await alice.heard(), ['psst', 'are you there?', 'yes?']);
}));

test('sent messages stay when the history is refused', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob' });
  const user = await person();
  user.trouble.expectFailedRequests('503');
  const alice = await user.tab();
  await alice.createAccount('alice');
  let isRefused = true;
  let asked = 0;
  await alice.page.route(/\/direct\/bob\/messages\?.*limit=100/, (route) => {
    asked += 1;
    return isRefused ? route.fulfill({ status: 503, json: { title: 'away' } }) : route.continue();
  });
  await alice.findPerson('bob');
  await alice.say('psst');
  await eventually('the message is sent', async () => (await bob.unread('@alice')) === 1);
  await eventually('the message is shown as sent', async () => !/Sending/.test(await alice.message('psst').innerText()));
  const again = alice.log.getByRole('button', { name: 'Load again' });
  const before = asked;
  await again.click();
  await eventually('the button asks again', async () => asked > before);
  isRefused = false;
  // A poll that brings something makes the page ask by itself, and then the button goes.
  await eventually('the history is loaded', async () => {
    if (await again.isVisible()) await again.click({ timeout: 1000 }).catch(() => {});
    return !(await again.isVisible());
  });
  await alice.hears('psst');
  assert.deepEqual(await alice.heard(), ['psst']);
}));

test('leaving a conversation cancels the request for its history', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  await carol.say('aloud', 'lobby');
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const release = await holdBack(alice, '/direct/carol');
  await alice.findPerson('carol');
  const takenBack = [];
  alice.page.on('requestfailed', (request) => takenBack.push(request.url()));
  await alice.findRoom('lobby');
  await eventually('the request is cancelled', async () => takenBack.some((url) => /carol/.test(url)));
  await alice.hears('aloud');
  release();
}));
