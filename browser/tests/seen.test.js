// What the user has not seen stays unread, what the user has seen does not, and the user's own message is seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

async function cast(server, person, options) {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const user = await person(options);
  const chat = await user.tab();
  await chat.signIn('alice', { keep: true });
  return { carol, alice, chat, user };
}

test('a visible window without the focus reads nothing', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await chat.focus(false);
  await carol.say('unseen');
  await chat.hears('unseen');
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await eventually('the title has a dot', async () => /^• /.test(await chat.page.title()));
  assert.equal(await alice.unread('general'), 1);
  await chat.focus();
  await eventually('it is read', async () => (await alice.unread('general')) === 0);
}));

test('a message that is higher than the window is read at its end', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person, { viewport: { width: 900, height: 340 } });
  await chat.findPerson('carol');
  await carol.say(Array.from({ length: 100 }, (_, n) => `line ${n}`).join('\n'));
  await eventually('it has come', async () => (await chat.unread('#general')) === 1);
  await chat.focus(false);
  await chat.open('#general');
  await chat.page.getByRole('button', { name: 'Show all' }).click();
  await chat.log.evaluate((log) => { log.scrollTop = 0; });
  await chat.focus();
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await alice.unread('general'), 1, 'its beginning is not enough');
  await chat.log.evaluate((log) => { log.scrollTop = log.scrollHeight; });
  await eventually('it is read', async () => (await alice.unread('general')) === 0);
}));

test('one Esc goes to the end and reads nothing on the way, and a second one reads it', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await chat.findPerson('carol');
  await carol.sayAll(Array.from({ length: 200 }, (_, n) => `${n}`));
  await carol.say('the last');
  await eventually('they have come', async () => (await chat.unread('#general')) === 201);
  await chat.open('#general');
  await chat.newMessages.waitFor();
  await eventually('what is on the screen is read', async () => (await alice.unread('general')) < 201);
  await chat.page.keyboard.press('Escape');
  await chat.hears('the last');
  await chat.newest.filter({ hasText: 'mark as read' }).waitFor();
  assert.ok((await alice.unread('general')) > 150);
  await chat.page.keyboard.press('Escape');
  await eventually('all is read', async () => (await alice.unread('general')) === 0);
}));

test('a jump reads nothing on the way, by which key or reload ever', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await chat.findPerson('carol');
  await carol.sayAll(Array.from({ length: 379 }, (_, n) => `${n}`));
  await eventually('they have come', async () => (await chat.unread('#general')) === 379);
  await chat.open('#general');
  await chat.newMessages.waitFor();
  await eventually('what is on the screen is read', async () => (await alice.unread('general')) < 379);
  const { page } = chat;
  const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const isAsked = () => chat.newest.filter({ hasText: 'mark as read' }).waitFor();
  await eventually('the page knows', async () => (await chat.unread('#general')) === (await alice.unread('general')));
  const unread = await alice.unread('general');
  assert.ok(unread > 300);
  /** Asserts that nothing more has been read, and that the page says so. */
  const isUnread = async (how) => {
    await isAsked();
    await frames();
    assert.equal(await chat.unread('#general'), unread, how);
  };
  await chat.log.focus();
  for (const times of [1, 2]) {
    await page.keyboard.press('End');
    await isUnread(`End, ${times}`);
  }
  await page.keyboard.press('Home');
  await frames();
  await chat.log.evaluate((log) => { log.scrollTop = log.scrollHeight; });
  await isUnread('the scrollbar');
  await page.keyboard.press('PageUp');
  await isUnread('Page up');
  await eventually('the place is kept', async () => page.evaluate(() =>
    Object.keys(sessionStorage).some((key) => key.startsWith('linger.place.') && JSON.parse(sessionStorage[key]).scroll?.seq > 100)));
  await page.reload();
  await chat.isIn();
  await isUnread('a reload');
  await page.keyboard.press('Escape');
  await isUnread('Esc after the reload');
  await eventually('the end is on the screen', () => chat.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
  assert.equal(await alice.unread('general'), unread);
  await page.keyboard.press('Escape');
  await eventually('all is read', async () => (await alice.unread('general')) === 0);
}));

test('a message that is sent amid unread ones is on the screen', scene(async ({ server, person }) => {
  const { carol, chat } = await cast(server, person);
  await chat.findPerson('carol');
  await carol.sayAll(Array.from({ length: 100 }, (_, n) => `${n}`));
  await eventually('they have come', async () => (await chat.unread('#general')) === 100);
  await chat.open('#general');
  await chat.newMessages.waitFor();
  await chat.say('an answer');
  const mine = chat.page.getByRole('button', { name: 'Sent, below the unread messages: an answer' });
  await mine.waitFor();
  await chat.shoot('own-message-below');
  await mine.click();
  await chat.hears('an answer');
  await mine.waitFor({ state: 'hidden' });
  assert.ok((await chat.unread('#general')) > 50, 'the others are still unread');
}));

test('a hidden tab shows what was read elsewhere', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await chat.lookAway();
  await carol.say('@alice: read on the phone');
  await eventually('the title counts it', async () => /^\(1\)/.test(await chat.page.title()));
  await alice.post('/room/1/read', { seq: 1 });
  await eventually('the title is quiet', async () => !/^\(1\)/.test(await chat.page.title()), 40_000);
}));

test('all users that are online are counted, and those who come last are marked, too', scene(async ({ server, person }) => {
  const { carol, chat } = await cast(server, person);
  await carol.tell('alice', 'hi');
  let last = 0;
  await chat.page.route(/\/users\?/, (route) => {
    const after = Number(new URL(route.request().url()).searchParams.get('after') ?? 0);
    const ids = Array.from({ length: Math.max(0, Math.min(500, last - after)) }, (_, n) => after + n + 1);
    return route.fulfill({ json: ids.map((id) => ({ id, name: id === last ? 'carol' : `user-${id}`, online: true })) });
  });
  const refresh = async () => {
    await chat.lookAway();
    await chat.lookAway(false);
  };
  const isMarked = async () => /carol, online/.test(await chat.link('carol').ariaSnapshot());
  await refresh();
  await eventually('carol is not online', async () => !await isMarked());
  last = 1200;
  await refresh();
  await eventually('she is, on the third page', isMarked);
  await eventually('1,200 and alice', async () => /1,201/.test(await chat.people.innerText()));
}));

test('a token is renewed, no tab is signed out, and one that has the old token finds the new one', scene(async ({ server, person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('401');
  let isPatient = false;
  // A tab on a busy machine may not name its token within a second. One that answers ends the wait.
  await user.context.route('**/session.js', async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    const body = text.replace('ANSWER_MS = SECOND;', 'ANSWER_MS = 60 * SECOND;');
    isPatient = body !== text;
    await route.fulfill({ response, body });
  });
  await user.context.route(/\/connect$/, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    await route.fulfill({ response, json: { ...answer, expires_at: new Date(Date.now() + 20_000).toISOString() } });
  });
  let renewals = 0;
  user.context.on('response', (response) => { renewals += response.url().endsWith('/me/token') && response.ok(); });
  const kept = (chat) => chat.page.evaluate(() => sessionStorage['linger.session']);
  const tokenOf = (session) => JSON.parse(session).token;
  const one = await user.tab();
  await one.enterAsGuest('gina');
  assert.ok(isPatient, 'the page has that limit');
  const old = await kept(one);
  /** A tab whose storage is that of another one, as when it is duplicated, or opened again. */
  const duplicate = async (session) => {
    await user.context.addInitScript((session) => {
      if (location.protocol === 'http:') sessionStorage['linger.session'] ??= session;
    }, session);
    const chat = await user.tab();
    await chat.isIn();
    return chat;
  };
  const other = await duplicate(old);
  await eventually('the token was renewed', async () => tokenOf(await kept(one)) !== tokenOf(old));
  await eventually('the old token has expired', async () => {
    await new Promise((done) => { setTimeout(done, 500); });
    const { status } = await fetch(`${server.url}/status`, { headers: { authorization: `Bearer ${tokenOf(old)}` } });
    return status === 401;
  }, 120_000);
  for (const tab of [one, other]) {
    await tab.say('still here');
    await tab.hears('still here');
  }
  assert.equal(renewals, 1, 'by one tab');
  const reopened = await duplicate(old);
  await reopened.say('back again');
  for (const tab of [one, other, reopened]) await tab.hears('back again');
  assert.deepEqual(await Promise.all([one, other, reopened].map(async (tab) => tokenOf(await kept(tab)))), Array(3).fill(tokenOf(await kept(one))));
}));
