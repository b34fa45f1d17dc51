// Texts that try to act. None does, and each is shown as typed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { HOSTILE } from '../harness/hostile.js';
import { scene } from '../harness/scene.js';

/** Asserts that every link in a message leads to a web page. */
async function assertLinksAreHarmless(chat) {
  const links = await chat.log.locator('a').evaluateAll((all) => all.map((link) => link.protocol));
  assert.ok(links.length > 0, 'some texts have links');
  assert.deepEqual([...new Set(links)].filter((protocol) => !['http:', 'https:'].includes(protocol)), []);
}

test('a hundred strings that try to act are shown as typed, and do nothing', scene(async ({ server, person }) => {
  assert.equal(new Set(HOSTILE).size, 100);
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const carol = await Caller.connect(server, { username: 'carol' });
  // One by one: if a batch does not fit the screen, the page stops scrolling so that it can be read.
  for (const [n, text] of [...HOSTILE, 'the end'].entries()) {
    await carol.say(text);
    await eventually(`${text} has come`, async () => (await alice.messages.count()) === n + 1);
  }
  assert.deepEqual(await alice.heard(), [...HOSTILE, 'the end']);
  // The icons of the page's own bar are no part of a message.
  const active = ['script', 'img', 'svg', 'iframe', 'object', 'embed', 'video', 'audio', 'style', 'form', 'input', 'base', 'meta', 'link'];
  assert.equal(await alice.log.locator(active.map((tag) => `${tag}:not(.acts *)`).join()).count(), 0);
  await assertLinksAreHarmless(alice);
  await alice.shoot('hostile');
  const elsewhere = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await eventually('the server knows that they are read', async () => (await elsewhere.unread('general')) === 0);
  // The same as history, after a reload.
  await alice.page.reload();
  await alice.hears('the end');
  const heard = await alice.heard();
  assert.ok(heard.length >= 100, 'the history has a page of messages');
  assert.deepEqual(heard, [...HOSTILE, 'the end'].slice(-heard.length));
  await assertLinksAreHarmless(alice);
}));

test('a user\'s own hostile text does nothing either, while it is sent and afterwards', scene(async ({ person }) => {
  const [alice, bob] = [await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await alice.findPerson('bob');
  const typed = HOSTILE.filter((_, n) => n % 5 === 0);
  for (const text of typed) await alice.say(text);
  await alice.say('the end');
  await alice.hears('the end');
  await bob.open('alice');
  await bob.hears('the end');
  for (const chat of [alice, bob]) assert.deepEqual(await chat.heard(), [...typed, 'the end']);
}));

test('no hostile string can be the name of a user', scene(async ({ server, person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const chat = await user.tab();
  const name = chat.door.getByRole('textbox', { name: 'Name' });
  await chat.door.getByRole('radio', { name: 'Guest' }).check();
  for (const hostile of HOSTILE) {
    await chat.door.locator('[role=alert]').evaluate((refusal) => { refusal.textContent = ''; });
    await name.fill(hostile);
    await name.press('Enter');
    await chat.refusal.filter({ hasText: /\w/ }).waitFor();
  }
  const carol = await Caller.connect(server, { username: 'carol' });
  assert.deepEqual((await carol.get('/users')).map(({ name }) => name), ['carol']);
}));

test('no hostile string can be the name of a room', scene(async ({ server, person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const chat = await user.tab();
  await chat.enterAsGuest('alice');
  await chat.page.getByRole('button', { name: 'Find or create a room' }).click();
  const [text, refusal] = [chat.dialog.getByRole('textbox'), chat.dialog.getByRole('alert')];
  const create = chat.dialog.getByRole('button', { name: 'Create room' });
  for (const name of HOSTILE) {
    await chat.dialog.locator('[role=alert]').evaluate((refusal) => { refusal.textContent = ''; });
    await text.fill(name);
    if (!await create.isEnabled()) continue;
    await create.click();
    await refusal.filter({ hasText: /\w/ }).waitFor();
  }
  const carol = await Caller.connect(server, { username: 'carol' });
  assert.deepEqual((await carol.get('/rooms')).map(({ name }) => name), ['general']);
}));

test('links that end in thousands of parentheses are drawn at once', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.page.evaluate(() => {
    globalThis.longest = 0;
    const note = (list) => { globalThis.longest = Math.max(globalThis.longest, ...list.getEntries().map(({ duration }) => duration)); };
    new PerformanceObserver(note).observe({ type: 'longtask' });
  });
  for (const text of ['https://a.example/b_(c)_[d]_{e}).', '(https://a.example/[f]]', 'the next']) await carol.say(text);
  /** Has fifty of them drawn. Returns how long the longest task took. */
  const draw = async (round) => {
    await alice.page.evaluate(() => { globalThis.longest = 0; });
    await carol.sayAll(Array.from({ length: 50 }, () => `https://a.example/${')'.repeat(4070)}`));
    await carol.say(`round ${round}`);
    await alice.hears(`round ${round}`);
    await alice.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return alice.page.evaluate(() => globalThis.longest);
  };
  let longest = await draw(1);
  assert.equal(await alice.messages.count(), 54, 'all have come');
  const links = await alice.texts.locator('a').allInnerTexts();
  assert.deepEqual(links.slice(0, 3), ['https://a.example/b_(c)_[d]_{e}', 'https://a.example/[f]', 'https://a.example/']);
  // A busy machine interrupts a task now and then. What takes long by itself does so each time.
  for (let round = 2; longest >= 1000 && round <= 5; round += 1) longest = Math.min(longest, await draw(round));
  assert.ok(longest < 1000, `the tab was blocked for ${Math.round(longest)} ms`);
}));
