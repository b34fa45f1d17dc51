// What counts as read: what was on a screen that somebody looked at, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** Alice at a browser, the same Alice without one, who only asks what is unread, and Carol, who talks. */
async function cast(server, person, options) {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const somebody = await person(options);
  const chat = await somebody.tab();
  await chat.signIn('alice', { keep: true });
  return { carol, alice, chat, somebody };
}

test('what comes while one looks is read; what comes while one looks away is not', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.say('seen');
  await chat.hears('seen');
  await eventually('it is read', async () => (await alice.unread('general')) === 0);

  await chat.lookAway();
  await carol.say('unseen 1');
  await carol.say('unseen 2');
  await chat.hears('unseen 2');
  await eventually('the title says so', async () => /\b2\b/.test(await chat.page.title()));
  // A message that is read, in another conversation: by then this one would be.
  await eventually('positions have reached the database', async () => (await alice.unread('general')) === 2);
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await alice.unread('general'), 2);
  await chat.newMessages.waitFor();
  await chat.shoot('new-messages');

  await chat.lookAway(false);
  await eventually('now it is read', async () => (await alice.unread('general')) === 0);
  await eventually('and the title is quiet', async () => !/\d/.test(await chat.page.title()));
}));

test('what is below the edge of the screen is not read before it is scrolled to', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.sayAll(Array.from({ length: 120 }, (_, n) => `old ${n}`));
  await eventually('all of it was shown', async () => (await alice.unread('general')) === 0);
  await chat.log.evaluate((log) => { log.scrollTop = 0; });
  await chat.newest.waitFor();
  for (let n = 1; n <= 5; n += 1) await carol.say(`below ${n}`);
  await eventually('they are counted', async () => (await chat.unread('#general')) === 5);
  assert.equal(await alice.unread('general'), 5);
  await chat.shoot('unread-below');
  await chat.newest.click();
  await chat.message('below 5').waitFor();
  await eventually('read, now that they were shown', async () => (await alice.unread('general')) === 0);
}));

test('a conversation that is not open stays unread although its messages have come', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.tell('alice', 'psst');
  await eventually('it has come', async () => (await chat.unread('carol')) === 1);
  // The poll that brought it was answered, and the next one with its cursor is under way when this is seen.
  await carol.say('aloud');
  await chat.hears('aloud');
  await eventually('what is looked at is read', async () => (await alice.unread('general')) === 0);
  assert.equal(await alice.unread('@carol'), 1, 'asking for more does not mark it');
  await chat.open('carol');
  await eventually('opening it does', async () => (await alice.unread('@carol')) === 0);
}));

test('one comes back to a line above what is new, and it goes when one has answered', scene(async ({ server, person }) => {
  const { carol, chat } = await cast(server, person);
  await carol.say('old');
  await chat.hears('old');
  await eventually('it is read', async () => (await chat.unread('#general')) === 0);
  await chat.findPerson('carol');
  await carol.say('new 1');
  await carol.say('new 2');
  await eventually('two are new', async () => (await chat.unread('#general')) === 2);
  await chat.open('#general');
  await chat.newMessages.waitFor();
  const order = await chat.log.locator('article, [role=separator]').evaluateAll((all) =>
    all.map((one) => one.querySelector('.text')?.textContent ?? one.getAttribute('aria-label') ?? one.textContent));
  const line = order.findIndex((text) => /New messages/.test(text));
  assert.equal(order[line - 1], 'old');
  assert.equal(order[line + 1], 'new 1');
}));

test('reading in one tab is reading in the other', scene(async ({ server, person }) => {
  const { carol, chat, somebody } = await cast(server, person);
  const other = await somebody.tab();
  await other.isIn();
  for (const tab of [chat, other]) await tab.findPerson('carol');
  await carol.say('to be read once');
  for (const tab of [chat, other]) {
    await eventually('both tabs count it', async () => (await tab.unread('#general')) === 1);
  }
  await chat.open('#general');
  await eventually('the other tab knows', async () => (await other.unread('#general')) === 0);
  await eventually('its title, too', async () => !/\d/.test(await other.page.title()));
}));
