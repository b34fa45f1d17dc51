// Acting on a message: its bar, its keys, its sheet on phones, and links to it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, settle, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const hasFocus = (what, locator) => eventually(what, () => locator.evaluate((node) => node === document.activeElement));

const onScreen = (locator) => locator.evaluate((row) => {
  const [box, log] = [row.getBoundingClientRect(), row.closest('[role=log]').getBoundingClientRect()];
  return box.top >= log.top && box.bottom <= log.bottom;
});

test('a link to a message leads to it, from outside and from another message', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('the first');
  await carol.sayAll(Array.from({ length: 450 }, (_, n) => `line ${n}`));
  await carol.say('the last');
  const user = await person();
  await user.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const alice = await user.tab();
  await alice.createAccount('alice', { keep: true });
  await alice.hears('the last');
  await act(alice, 'the last', 'Copy link');
  await alice.page.getByText('The link to this message is copied.').waitFor();
  const link = await alice.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${alice.page.url().split('#')[0]}#/room/general/452`);

  const other = await user.tab();
  await other.page.goto(link.replace(/452$/, '1'));
  await other.hears('the first');
  await hasFocus('the message has the focus', other.message('the first'));
  await eventually('it is on the screen', () => onScreen(other.message('the first')));

  await carol.say(`see ${link.replace(/452$/, '30')}`);
  await alice.messages.getByRole('link').click();
  await hasFocus('the linked message has the focus', alice.log.locator('[data-seq="30"]'));
  assert.equal(user.context.pages().length, 2, 'in the same tab');

  await alice.page.goto(`${link.split('#')[0]}#/room/general/9999`);
  await alice.page.getByText('This message is not there.').waitFor();
  await alice.page.goto(`${link.split('#')[0]}#/room/hidden/3`);
  await alice.page.getByText('There is no room “hidden”, or you may not see it.').waitFor();
}));

test('a link that is opened while the page starts leads to its message', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('the first');
  await carol.sayAll(Array.from({ length: 450 }, (_, n) => `line ${n}`));
  const user = await person();
  const alice = await user.tab();
  await alice.createAccount('alice', { keep: true });
  let release;
  const held = new Promise((done) => { release = done; });
  await user.context.route(/\/status\?/, async (route) => { await held; await route.continue(); });
  const other = await user.tab();
  await other.page.locator('#sidebar').waitFor();
  await other.page.evaluate(async () => {
    location.hash = '#/room/general/1';
    // Whatever the page asks for at once is answered by then.
    for (let n = 0; n < 3; n += 1) await fetch('server');
  });
  release();
  await other.hears('the first');
  await hasFocus('the message has the focus', other.message('the first'));
}));

test('messages that are marked as unread stay so while they are looked at', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const user = await person();
  const alice = await user.tab();
  await alice.createAccount('alice', { keep: true });
  for (const text of ['one', 'two', 'three']) await carol.say(text);
  await alice.hears('three');
  const elsewhere = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await eventually('all is read', async () => (await elsewhere.unread('general')) === 0);
  const other = await user.tab();
  await other.isIn();
  await alice.page.bringToFront();

  await act(alice, 'two', 'Mark unread from here');
  await alice.newMessages.waitFor();
  for (const chat of [alice, other]) await eventually('two are unread', async () => (await chat.unread('#general')) === 2);
  await eventually('the server knows it', async () => (await elsewhere.unread('general')) === 2);
  await carol.say('four');
  await alice.hears('four');
  await eventually('what comes stays unread, too', async () => (await alice.unread('#general')) === 3);
  assert.equal(await elsewhere.unread('general'), 3);
  // The user leaves, and returns.
  await alice.findRoom('lobby');
  await alice.open('#general');
  await eventually('they are read', async () => (await alice.unread('#general')) === 0);
  await eventually('for the server, too', async () => (await elsewhere.unread('general')) === 0);
}));

test('the arrow keys lead into the log and through it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', 'two', 'three']) await carol.say(text);
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.hears('three');
  const { keyboard } = alice.page;
  await alice.log.focus();
  await keyboard.press('ArrowUp');
  await hasFocus('the last message', alice.message('three'));
  await keyboard.press('ArrowUp');
  await hasFocus('the one above', alice.message('two'));
  await keyboard.press('Home');
  await hasFocus('the first', alice.message('one'));
  await keyboard.press('End');
  await hasFocus('the last', alice.message('three'));
  await keyboard.press('ArrowUp');
  await keyboard.press('Escape');
  await hasFocus('the message box', alice.box);
  await alice.log.focus();
  await keyboard.press('Tab');
  await hasFocus('Tab leads back to the message that was chosen', alice.message('two'));
}));

test('the keys of a message work in layouts without Latin letters', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('one');
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.hears('one');
  await alice.log.focus();
  await alice.page.keyboard.press('ArrowUp');
  await hasFocus('the message', alice.message('one'));
  await alice.page.evaluate(() => document.activeElement.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'к', code: 'KeyR', bubbles: true, cancelable: true })));
  await alice.page.getByText('Reply to carol: one', { exact: true }).waitFor();
}));

test('a long press opens the same as a sheet', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('one');
  const alice = await (await person(PHONE)).tab();
  await alice.enterAsGuest('alice');
  await alice.hears('one');
  const press = async () => {
    const { x, y, height } = await alice.message('one').locator('.text').boundingBox();
    const session = await alice.page.context().newCDPSession(alice.page);
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 8, y: y + height / 2 }] });
    await alice.dialog.waitFor();
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await press();
  await settle(alice.page);
  await alice.shoot('message-sheet');
  assert.deepEqual(await violations(alice.page), []);
  for (const name of ['Reply', 'Copy link', 'Mark unread from here', 'Copy text']) {
    await alice.dialog.getByRole('button', { name, exact: true }).waitFor();
  }
  await alice.dialog.getByRole('button', { name: '👍' }).tap();
  await alice.message('one').getByRole('button', { name: /^👍 1/u }).waitFor();
  await press();
  await alice.dialog.getByRole('button', { name: 'Reply', exact: true }).tap();
  await alice.page.getByText('Reply to carol: one', { exact: true }).waitFor();
  // Browsers have no clipboard at an address without https.
  await alice.page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await press();
  await alice.dialog.getByRole('button', { name: 'Copy text', exact: true }).tap();
  await alice.page.getByText('The text is copied.').waitFor();
  await alice.box.focus();
  await alice.page.keyboard.press('Control+V');
  assert.equal(await alice.box.inputValue(), 'one');
}));

test('after a reaction that was clicked, the message box has the focus, and after one by keys, the message', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.say('hello');
  await chat.hears('hello');
  const usual = chat.dialog.getByRole('group', { name: 'Usual reactions' });
  await act(chat, 'hello', 'React');
  await usual.getByRole('button').first().click();
  await hasFocus('the box has the focus', chat.box);
  await chat.page.keyboard.press('ArrowUp');
  const editor = chat.page.getByRole('textbox', { name: 'Edit message' });
  await editor.waitFor();
  await editor.press('Escape');
  await editor.waitFor({ state: 'detached' });
  await chat.message('hello').focus();
  await chat.page.keyboard.press('+');
  await usual.waitFor();
  await chat.page.keyboard.press('Tab');
  await chat.page.keyboard.press('Enter');
  await usual.waitFor({ state: 'hidden' });
  await hasFocus('the message has the focus', chat.message('hello'));
}));
