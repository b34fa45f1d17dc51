// Two people, each at a browser: rooms, direct messages, unread counts, and the look of messages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

test('messages reach the other user once and in order', scene(async ({ person }) => {
  const [alice, bob] = [await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  for (let n = 1; n <= 5; n += 1) {
    await alice.say(`alice ${n}`);
    await bob.say(`bob ${n}`);
  }
  for (const chat of [alice, bob]) {
    for (const who of ['alice', 'bob']) await chat.hears(`${who} 5`);
    const heard = await chat.heard();
    for (const who of ['alice', 'bob']) {
      assert.deepEqual(heard.filter((text) => text.startsWith(who)), [1, 2, 3, 4, 5].map((n) => `${who} ${n}`));
    }
  }
  assert.deepEqual(await alice.heard(), await bob.heard(), 'the same order for both');
  await alice.shoot('two-people');
}));

test('rooms are created, found, joined and left', scene(async ({ person }) => {
  const [alice, bob] = [await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await alice.createRoom('engine-room');
  await alice.isAt('#engine-room');
  await alice.say('mind the steam');
  await alice.hears('mind the steam');

  await bob.page.getByRole('button', { name: 'Find or create a room' }).click();
  await bob.dialog.getByRole('button', { name: /^#engine-room/ }).waitFor();
  await bob.shoot('rooms');
  await bob.page.keyboard.press('Escape');
  await bob.findRoom('engine-room');
  await bob.hears('mind the steam');
  await bob.page.getByRole('button', { name: 'Join', exact: true }).click();
  await bob.link('#engine-room').waitFor();
  await bob.say('thank you');
  await alice.hears('thank you');

  await bob.leave();
  await eventually('the room is no longer in the list', async () => (await bob.link('#engine-room').count()) === 0);
  const undo = bob.page.getByRole('status').filter({ hasText: 'You have left #engine-room.' }).getByRole('button', { name: 'Undo' });
  await undo.click();
  await bob.isAt('#engine-room');
  await bob.say('I am back');
  await alice.hears('I am back');
  await bob.leave();
  await undo.waitFor();
  const dismiss = bob.page.getByRole('button', { name: 'Dismiss' });
  const hasFocus = (what, locator) => eventually(what, () => locator.evaluate((node) => node === document.activeElement));
  await bob.log.focus();
  await dismiss.focus();
  await dismiss.press('Enter');
  await undo.waitFor({ state: 'detached' });
  await hasFocus('the focus is where it was', bob.log);
  await bob.open('#general');
  assert.equal(await bob.page.locator('#leave').evaluate((leave) => leave.hidden), true, 'general cannot be left');
}));

test('an existing room is not created again', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  user.trouble.expectFailedRequests('409');
  const alice = await user.tab();
  await alice.enterAsGuest('alice');
  await alice.page.getByRole('button', { name: 'Find or create a room' }).click();
  // The list has come, and does not have what is created now.
  await alice.dialog.getByRole('button', { name: /^#general/ }).waitFor();
  await carol.post('/rooms', { name: 'lobby' });
  await alice.dialog.getByRole('textbox').fill('lobby');
  await alice.dialog.getByRole('button', { name: 'Create room' }).click();
  await eventually('the page says so, or opens the room', async () => {
    const said = await alice.dialog.getByRole('alert').allInnerTexts();
    return said.some((text) => /taken|exists|already/i.test(text)) || (await alice.title.innerText()) === '#lobby';
  });
  assert.equal((await carol.get('/rooms')).filter(({ name }) => name === 'lobby').length, 1);
}));

test('a name that a private room has is said to be taken', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol', password: PASSWORD });
  await carol.post('/rooms', { name: 'board', private: true });
  const user = await person();
  user.trouble.expectFailedRequests('409');
  const alice = await user.tab();
  await alice.createAccount('alice');
  await alice.createRoom('board');
  await alice.dialog.getByRole('alert').filter({ hasText: /taken|already/i }).waitFor();
}));

test('Enter opens the first room that fits, and creates one only if there is none', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  const find = alice.page.getByRole('button', { name: 'Find or create a room' });
  const enter = async (name) => {
    await find.click();
    await alice.dialog.waitFor();
    await alice.page.keyboard.type(name);
    await alice.page.keyboard.press('Enter');
  };
  await enter('lob');
  await alice.isAt('#lobby');
  await enter('attic');
  await alice.isAt('#attic');
  await find.click();
  const create = alice.dialog.getByRole('button', { name: 'Create room' });
  assert.equal(await create.isVisible(), false, 'there is no name yet');
  await alice.dialog.getByRole('textbox').fill('lobby');
  await create.waitFor({ state: 'hidden' });
  await alice.page.emulateMedia({ forcedColors: 'active' });
  for (const [name, words] of [['lob', 'Enter opens #lobby'], ['cellar', 'Enter creates #cellar'], ['lobb', 'Enter opens #lobby']]) {
    await alice.dialog.getByRole('textbox').fill(name);
    await alice.dialog.getByRole('status').filter({ hasText: words }).waitFor();
  }
  const outline = await alice.dialog.getByRole('button', { name: /^#lobby/ }).evaluate((first) => getComputedStyle(first).outlineStyle);
  assert.equal(outline, 'solid');
  await alice.page.emulateMedia({ forcedColors: null });
  await alice.dialog.getByRole('textbox').fill('lob');
  await create.click();
  await alice.isAt('#lob');
}));

test('Enter waits for its own list, and does nothing in another one', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'carols' });
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await alice.page.route(/\/rooms\?limit/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = alice.page.waitForRequest(/\/rooms\?limit/);
  await alice.page.getByRole('button', { name: 'Find or create a room' }).click();
  await asked;
  await alice.dialog.getByRole('textbox').fill('attic');
  await alice.page.keyboard.press('Enter');
  await alice.page.keyboard.press('Escape');
  await alice.page.getByRole('button', { name: 'New direct message' }).click();
  await alice.dialog.getByRole('textbox').fill('carol');
  await alice.dialog.getByRole('button', { name: /^carol/ }).waitFor();
  const answered = alice.page.waitForEvent('requestfinished', (request) => /\/rooms\?limit/.test(request.url()));
  release();
  await answered;
  await alice.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  await alice.dialog.getByRole('button', { name: /^carol/ }).waitFor();
  assert.equal(await alice.dialog.getByRole('button', { name: /^#/ }).count(), 0, 'no rooms are listed');
  assert.equal(await alice.title.innerText(), '#general');
  await alice.page.keyboard.press('Enter');
  await alice.isAt('carol');
  assert.deepEqual(await carol.get('/rooms?name=attic'), []);
}));

test('Enter creates no room while the list of rooms is refused, and asks for it again', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const user = await person();
  user.trouble.expectFailedRequests('503');
  const alice = await user.tab();
  await alice.enterAsGuest('alice');
  let isRefused = true;
  await alice.page.route(/\/rooms\?limit/, (route) => (isRefused ? route.fulfill({ status: 503, body: '' }) : route.continue()));
  const [find, box] = [alice.page.getByRole('button', { name: 'Find or create a room' }), alice.dialog.getByRole('textbox')];
  const refusal = alice.dialog.getByRole('alert').filter({ hasText: /\w/ });
  await find.click();
  await refusal.waitFor();
  await box.fill('lob');
  await refusal.waitFor({ state: 'detached' });
  await alice.page.keyboard.press('Enter');
  await refusal.waitFor();
  isRefused = false;
  await alice.page.keyboard.press('Enter');
  await alice.isAt('#lobby');
  // The button creates all the same.
  isRefused = true;
  await find.click();
  await refusal.waitFor();
  await box.fill('lob');
  await alice.dialog.getByRole('button', { name: 'Create room' }).click();
  await alice.isAt('#lob');
}));

test('a direct message reaches its recipient only', scene(async ({ person }) => {
  const [alice, bob, carol] = [await (await person()).tab(), await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await carol.enterAsGuest('carol');
  await alice.findPerson('bob');
  await alice.say('psst');
  await alice.hears('psst');
  await eventually('bob has one unread message of alice', async () => (await bob.unread('alice')) === 1);
  await bob.shoot('unread-direct-message');
  await bob.open('alice');
  await bob.hears('psst');
  await bob.say('yes?');
  await alice.hears('yes?');
  await eventually('no message is unread', async () => (await bob.unread('alice')) === 0);
  // A later message in a room has arrived: the direct message would have, too.
  await alice.open('#general');
  await alice.say('aloud');
  await carol.hears('aloud');
  assert.equal(await carol.link('alice').count(), 0);
  assert.equal(await carol.page.getByText('psst').count(), 0);
}));

test('unread messages are counted in the sidebar and in the title, but not in the open conversation', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const lobby = await carol.post('/rooms', { name: 'lobby' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.findRoom('lobby');
  await alice.page.getByRole('button', { name: 'Join', exact: true }).click();
  await alice.link('#lobby').waitFor();
  const quiet = await alice.page.title();
  assert.doesNotMatch(quiet, /\d/);
  const icon = () => alice.page.locator('link[rel=icon]').getAttribute('href');
  const quietIcon = await icon();

  for (let n = 1; n <= 3; n += 1) await carol.say(`general ${n}`);
  await carol.tell('alice', 'psst');
  await carol.say('lobby 1', 'lobby');
  await alice.hears('lobby 1');
  await eventually('three wait in general', async () => (await alice.unread('#general')) === 3);
  await eventually('one message of carol is unread', async () => (await alice.unread('carol')) === 1);
  await eventually('what is looked at is read', async () => (await alice.unread('#lobby')) === 0);
  await eventually('the title counts the direct one', async () => /^\(1\) /.test(await alice.page.title()));
  await eventually('the icon shows unread messages', async () => (await icon()) !== quietIcon);
  await alice.shoot('unread');

  await alice.open('carol');
  await eventually('a dot stands for the others', async () => /^• /.test(await alice.page.title()));
  await alice.open('#general');
  await eventually('messages on the screen are read', async () => (await alice.unread('#general')) === 0);
  await eventually('the title is quiet again', async () => !/[\d•]/.test(await alice.page.title()));
  await eventually('the icon, too', async () => (await icon()) === quietIcon);
  await eventually('the server knows it', async () => {
    const { conversations } = await carolsView(alice);
    return conversations.every(({ unread }) => unread === 0);
  });
  assert.equal((await carol.get(`/room/${lobby.id}`)).members, 2);
}));

/** Returns the server's status of a session, requested with the page's token. */
async function carolsView(chat) {
  return chat.page.evaluate(async () => {
    const kept = JSON.stringify({ ...sessionStorage, ...localStorage });
    const token = /[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/.exec(kept)[0];
    return (await fetch('/status', { headers: { Authorization: `Bearer ${token}` } })).json();
  });
}

test('links can be clicked, mentions are marked, and lines stay lines', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const texts = [
    'see https://example.com/a?b=c&d=(e). And www.example.org',
    'not javascript:alert(1) nor data:text/html,x nor ftp://example.com',
    '@alice: have a look, not @alicea',
    'one\n\n  two\tthree',
    '<b>bold</b> &amp; "quoted" \\ back',
  ];
  for (const text of texts) await carol.say(text);
  await alice.hears(texts.at(-1));
  assert.deepEqual(await alice.heard(), texts, 'the texts are shown as typed');
  const links = await alice.texts.locator('a').evaluateAll((all) => all.map(({ href, rel, target }) => ({ href, rel, target })));
  assert.equal(links[0].href, 'https://example.com/a?b=c&d=(e)');
  for (const { href, rel, target } of links) {
    assert.match(href, /^https?:\/\/[\w.]*example\.(com|org)\//);
    assert.match(rel, /noopener/);
    assert.match(rel, /noreferrer/);
    assert.equal(target, '_blank');
  }
  const marked = await alice.texts.locator('mark').allInnerTexts();
  assert.deepEqual(marked, ['@alice']);
  assert.match(await alice.texts.nth(3).evaluate((text) => getComputedStyle(text).whiteSpaceCollapse + getComputedStyle(text).whiteSpace), /preserve|pre/);
  await alice.shoot('texts');
}));

test('messages are grouped by author and day, each with its author and its time', scene(async ({ server, person }) => {
  const [bob, carol] = [await Caller.connect(server, { username: 'bob' }), await Caller.connect(server, { username: 'carol' })];
  for (const [who, text] of [[bob, '1'], [bob, '2'], [carol, '3'], [bob, '4']]) await who.say(text);
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.hears('4');
  assert.ok((await alice.log.getByRole('separator').count()) >= 1, 'there is a separator for the day');
  const shown = await alice.messages.evaluateAll((all) =>
    all.map((message) => {
      const author = message.querySelector('.author');
      const box = author?.getBoundingClientRect();
      return { isNamed: Boolean(box && box.width > 1 && box.height > 1), hasTime: Boolean(message.querySelector('time[datetime]')) };
    }));
  assert.deepEqual(shown.map(({ isNamed }) => isNamed), [true, false, true, true], 'only the first message of a group shows its author');
  assert.ok(shown.every(({ hasTime }) => hasTime));
}));

test('online users are listed, and a click starts a conversation', scene(async ({ person }) => {
  const [alice, bob] = [await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await bob.people.getByRole('button', { name: /^alice/ }).click();
  await bob.isAt('alice');
}));

test('what changed while the user was outside of a room is there when they are back', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob' });
  const room = await bob.post('/rooms', { name: 'lobby' });
  for (const text of ['a slip', 'a password']) await bob.say(text, 'lobby');
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  await alice.findRoom('lobby');
  const join = alice.page.getByRole('button', { name: 'Join', exact: true });
  await join.click();
  await alice.box.waitFor();
  await alice.hears('a password');
  await alice.leave();
  await alice.isAt('#general');
  await bob.patch(`/room/${room.id}/messages/1`, { text: 'mended' });
  await bob.delete(`/room/${room.id}/messages/2`);
  await alice.page.getByRole('button', { name: 'Undo' }).click();
  await alice.isAt('#lobby');
  await alice.hears('mended');
  await alice.message('Message deleted').waitFor();
  assert.equal(await alice.message('a password').count(), 0);
}));
