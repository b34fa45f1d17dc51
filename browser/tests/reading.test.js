// A message counts as read once it was on the screen while the user looked, and not before.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** Signs in Alice at a browser, the same Alice as a caller that only asks for unread counts, and Carol, who talks. */
async function cast(server, person, options) {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const user = await person(options);
  const chat = await user.tab();
  await chat.signIn('alice', { keep: true });
  return { carol, alice, chat, user };
}

test('messages are read if they arrive while the user looks, and not otherwise', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.say('seen');
  await chat.hears('seen');
  await eventually('the message is read', async () => (await alice.unread('general')) === 0);

  await chat.lookAway();
  await carol.say('unseen 1');
  await carol.say('unseen 2');
  await chat.hears('unseen 2');
  await eventually('the title says so', async () => /^• /.test(await chat.page.title()));
  // A message in another conversation is read: by then, this one would be, too.
  await eventually('positions have reached the database', async () => (await alice.unread('general')) === 2);
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await alice.unread('general'), 2);
  await chat.newMessages.waitFor();
  await chat.shoot('new-messages');

  await chat.lookAway(false);
  await eventually('the message is read', async () => (await alice.unread('general')) === 0);
  await eventually('the title is quiet', async () => !/[\d•]/.test(await chat.page.title()));
}));

test('messages below the edge of the screen are not read before the user scrolls to them', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.sayAll(Array.from({ length: 120 }, (_, n) => `old ${n}`));
  await eventually('all of it was shown', async () => {
    if (await chat.newest.isVisible()) await chat.page.keyboard.press('Escape');
    return (await alice.unread('general')) === 0;
  });
  await chat.log.evaluate((log) => { log.scrollTop = 0; });
  await chat.newest.waitFor();
  for (let n = 1; n <= 5; n += 1) await carol.say(`below ${n}`);
  await eventually('they are counted', async () => (await chat.unread('#general')) === 5);
  assert.equal(await alice.unread('general'), 5);
  await chat.shoot('unread-below');
  await chat.newest.click();
  await eventually('the message box has the focus', () => chat.box.evaluate((box) => box === document.activeElement));
  await chat.message('below 5').waitFor();
  await eventually('all are read', async () => (await alice.unread('general')) === 0);
}));

test('a conversation that is not open stays unread when its messages arrive', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.tell('alice', 'psst');
  await eventually('the message has arrived', async () => (await chat.unread('carol')) === 1);
  // When this is seen, the poll that brought the message is answered, and the next one has its cursor.
  await carol.say('aloud');
  await chat.hears('aloud');
  await eventually('what is looked at is read', async () => (await alice.unread('general')) === 0);
  assert.equal(await alice.unread('@carol'), 1, 'the next poll does not mark the message as read');
  await chat.open('carol');
  await eventually('opening the conversation marks it as read', async () => (await alice.unread('@carol')) === 0);
}));

test('a line is above the new messages, and goes when the user has answered', scene(async ({ server, person }) => {
  const { carol, chat } = await cast(server, person);
  await carol.say('old');
  await chat.hears('old');
  await eventually('the message is read', async () => (await chat.unread('#general')) === 0);
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

test('the day never covers the line "New messages"', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  for (let n = 1; n <= 30; n += 1) await carol.say(`old ${n}`);
  await eventually('all of it was shown', async () => {
    if (await chat.newest.isVisible()) await chat.page.keyboard.press('Escape');
    return (await alice.unread('general')) === 0;
  });
  await carol.tell('alice', 'psst');
  await chat.open('carol');
  for (let n = 1; n <= 30; n += 1) await carol.say(`new ${n}`);
  await eventually('they are counted', async () => (await chat.unread('#general')) === 30);
  await chat.page.setViewportSize({ width: 900, height: 240 });
  await chat.open('#general');
  await chat.newMessages.waitFor();
  const covers = () => chat.log.evaluate((log) => {
    const line = log.querySelector('.new-line span').getBoundingClientRect();
    return [...log.querySelectorAll('.day')].filter((day) => day.checkVisibility({ opacityProperty: true })).some((day) => {
      const { top, bottom } = day.getBoundingClientRect();
      return top < line.bottom && bottom > line.top;
    });
  });
  await eventually('it is not covered when the room opens', async () => !(await covers()));
  const found = [];
  for (let step = -60; step <= 60; step += 6) {
    await chat.log.evaluate((log, step) => {
      log.scrollTop += log.querySelector('.new-line').getBoundingClientRect().top - log.getBoundingClientRect().top - step;
    }, step);
    await chat.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    if (await covers()) found.push(step);
  }
  assert.deepEqual(found, []);
}));

test('a message read in one tab is read in the other', scene(async ({ server, person }) => {
  const { carol, chat, user } = await cast(server, person);
  const other = await user.tab();
  await other.isIn();
  for (const tab of [chat, other]) await tab.findPerson('carol');
  await carol.say('to be read once');
  for (const tab of [chat, other]) {
    await eventually('both tabs count it', async () => (await tab.unread('#general')) === 1);
  }
  await chat.open('#general');
  await eventually('the other tab knows', async () => (await other.unread('#general')) === 0);
  await eventually('the other title is quiet', async () => !/[\d•]/.test(await other.page.title()));
}));

test('a batch that does not fit the screen is not skipped', scene(async ({ server, person }) => {
  const { carol, alice, chat, user } = await cast(server, person);
  user.trouble.expectFailedRequests('ERR_INTERNET_DISCONNECTED', 'ERR_NETWORK_CHANGED');
  for (let n = 1; n <= 20; n += 1) {
    await carol.say(`old ${n}`);
    await chat.hears(`old ${n}`);
  }
  await eventually('they are read', async () => (await alice.unread('general')) === 0);
  await user.context.setOffline(true);
  await eventually('the page says that it is offline', async () => !/^Connected/.test(await chat.state.first().textContent()));
  for (let n = 1; n <= 80; n += 1) await carol.say(`burst ${n}`);
  await user.context.setOffline(false);
  await chat.hears('burst 80');
  await eventually('what is on the screen is read', async () => (await alice.unread('general')) < 80);
  await chat.message('burst 1').and(chat.page.locator(':visible')).waitFor();
  assert.ok(await isOnScreen(chat.newMessages), 'the line is above the batch');
  assert.ok(await isOnScreen(chat.message('burst 1')));
  assert.ok((await alice.unread('general')) > 30, 'the rest is not');
  await chat.newest.click();
  await eventually('all is read at the end', async () => (await alice.unread('general')) === 0);
  await carol.say('the next');
  await chat.hears('the next');
  await eventually('the log follows again', async () => isOnScreen(chat.message('the next')));
}));

async function isOnScreen(locator) {
  return locator.evaluate((node) => {
    const [box, log] = [node, node.closest('[role=log]')].map((one) => one.getBoundingClientRect());
    return box.top >= log.top - 1 && box.bottom <= log.bottom + 1;
  });
}

test('sending amid unread messages leaves the rest unread, and the scroll position', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await carol.say('old');
  await eventually('the message is read', async () => (await alice.unread('general')) === 0);
  await chat.findPerson('carol');
  await carol.sayAll(Array.from({ length: 100 }, (_, n) => `new ${n}`));
  await eventually('they have come', async () => (await chat.unread('#general')) === 100);
  await chat.open('#general');
  await chat.newMessages.waitFor();
  await eventually('what is on the screen is read', async () => (await alice.unread('general')) < 100);
  await chat.say('an answer');
  await eventually('the message is sent', async () => (await carol.history()).at(-1).text === 'an answer');
  await eventually('the button shows the unread count', async () => (await chat.newest.innerText()) === `Newest messages, ${await alice.unread('general')} unread`);
  assert.ok((await alice.unread('general')) > 50);
  assert.ok(await isOnScreen(chat.newMessages), 'the line stays');
  await chat.newest.click();
  await chat.hears('an answer');
  await eventually('all is read', async () => (await alice.unread('general')) === 0);
}));

test('messages under a dialog are not read before it is closed', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  await chat.page.getByRole('button', { name: 'Help' }).click();
  await isUnreadUntil({ carol, alice, chat }, () => chat.page.keyboard.press('Escape'));
}));

test('messages under a phone\'s drawer are not read before it is closed', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person, { viewport: { width: 390, height: 700 } });
  await chat.openMenu();
  await isUnreadUntil({ carol, alice, chat }, () => chat.openMenu(false));
}));

async function isUnreadUntil({ carol, alice, chat }, uncover) {
  await carol.say('covered');
  await chat.page.locator('[data-seq]').filter({ hasText: 'covered' }).waitFor({ state: 'attached' });
  // The observer has run by now, and its report would be on its way.
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.match(await chat.page.title(), /^• /);
  assert.equal(await alice.unread('general'), 1);
  await uncover();
  await eventually('the message is read', async () => (await alice.unread('general')) === 0);
}

test('a read position that another device has advanced is not moved back', scene(async ({ server, person }) => {
  const { carol, alice, chat } = await cast(server, person);
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  let isHolding = false;
  await chat.page.route(/\/read$/, async (route) => {
    isHolding = true;
    await held;
    await route.continue();
  });
  await carol.say('read here');
  await eventually('the page wants to say so', async () => isHolding);
  await chat.lookAway();
  await carol.say('read elsewhere');
  await chat.hears('read elsewhere');
  await alice.post('/room/1/read', { seq: 2 });
  const said = chat.page.waitForResponse(/\/read$/);
  go();
  assert.equal((await said).status(), 204);
  assert.equal(await alice.unread('general'), 0);
}));
