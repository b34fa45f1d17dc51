// What is typed goes where the user means it to go, when the user means it, and is not lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

test('after the skip link, what is typed is said in the conversation that is open', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
  await chat.findPerson('carol');
  for (const [conversation, text] of [['carol', 'psst'], ['#lobby', 'secret']]) {
    await chat.open(conversation);
    await chat.page.locator('.skip').focus();
    await chat.page.keyboard.press('Enter');
    await chat.page.keyboard.type(text);
    await chat.page.keyboard.press('Enter');
    await chat.hears(text);
    await chat.isAt(conversation);
  }
  // Another address within the page changes nothing either.
  await chat.page.evaluate(() => { location.hash = '#text'; });
  await eventually('the address is the conversation\'s again', async () => chat.page.url().endsWith('#/room/lobby'));
  await chat.isAt('#lobby');
  assert.deepEqual(await carol.history(), []);
}));

test('a conversation that cannot be shown leaves the open one, and what is typed there', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('404', '502');
  const chat = await user.tab();
  await chat.createAccount('alice');
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
  await chat.page.route(/\/rooms\?/, (route) => route.fulfill({ status: 502, body: '' }));
  for (const [hash, words] of [['#/direct/missing', 'There is no user “missing”.'], ['#/room/missing', 'status 502']]) {
    await chat.page.evaluate((hash) => { location.hash = hash; }, hash);
    await chat.page.locator('#alert').filter({ hasText: words }).waitFor();
    await chat.isAt('#lobby');
    await eventually('the address is that of the room', async () => chat.page.url().endsWith('#/room/lobby'));
  }
}));

test('a late answer does not take the user elsewhere', scene(async ({ server, person }) => {
  await Caller.connect(server, { username: 'carol' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await chat.page.route(/\/direct\/carol\/messages/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = chat.page.waitForRequest(/\/direct\/carol\/messages/);
  await chat.page.evaluate(() => { location.hash = '#/direct/carol'; });
  await asked;
  await chat.open('#general');
  await chat.box.fill('for general');
  const answered = chat.page.waitForResponse(/\/direct\/carol\/messages/);
  go();
  await answered;
  await chat.say('for general');
  await chat.hears('for general');
  await chat.isAt('#general');
}));

test('who goes elsewhere while a room is joined stays there', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const lobby = await carol.post('/rooms', { name: 'lobby' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.page.evaluate(() => { location.hash = '#/room/lobby'; });
  await chat.isAt('#lobby');
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  const path = new RegExp(`/room/${lobby.id}$`);
  await chat.page.route(path, async (route) => {
    await held;
    await route.continue();
  });
  const asked = chat.page.waitForRequest(path);
  await chat.page.getByRole('button', { name: 'Join', exact: true }).click();
  await asked;
  await chat.open('#general');
  const answered = chat.page.waitForResponse(/\/status\?room=lobby/);
  go();
  await answered;
  await chat.say('for general');
  await chat.hears('for general');
  await chat.isAt('#general');
}));

/** Presses a key as a browser reports it. Returns whether the page has handled it. */
const press = (locator, event) => locator.evaluate((node, event) =>
  !node.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...event })), event);

test('keys of an input method do nothing else', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('alice');
  await chat.box.fill('にほ');
  for (const key of ['Enter', 'Escape']) {
    for (const how of [{ keyCode: 229 }, { isComposing: true }]) {
      assert.ok(!await press(chat.box, { key, ...how }), `${key} ${JSON.stringify(how)}`);
    }
  }
  assert.equal(await chat.box.inputValue(), 'にほ');
  await chat.say('日本');
  await chat.hears('日本');
  assert.deepEqual(await chat.heard(), ['日本']);
}));

test('shortcuts are found on keyboards with other letters', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('alice');
  for (const event of [{ key: 'л', code: 'KeyK' }, { key: 'K', code: 'KeyK' }, { key: 'k', code: 'KeyV' }]) {
    assert.ok(await press(chat.box, { ...event, ctrlKey: true }), event.key);
    await chat.dialog.waitFor();
    await chat.page.keyboard.press('Escape');
    await chat.dialog.waitFor({ state: 'hidden' });
  }
  for (const event of [{ key: 't', code: 'KeyK', ctrlKey: true }, { key: 'k', code: 'KeyK', ctrlKey: true, altKey: true }]) {
    assert.ok(!await press(chat.box, event), JSON.stringify(event));
  }
  assert.ok(await press(chat.log, { key: '؟', code: 'Slash', shiftKey: true }));
  await chat.dialog.waitFor();
}));

test('on a phone, Enter makes a new line and the button sends', scene(async ({ person }) => {
  const chat = await (await person({ viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true })).tab();
  await chat.enterAsGuest('alice');
  await chat.box.click();
  await chat.page.keyboard.type('one');
  await chat.page.keyboard.press('Enter');
  await chat.page.keyboard.type('two');
  assert.equal(await chat.box.inputValue(), 'one\ntwo');
  await chat.page.getByRole('button', { name: 'Send', exact: true }).click();
  await chat.hears('one\ntwo');
}));

test('a draft is in the next tab if the user stays signed in, and in no other user\'s', scene(async ({ person }) => {
  const user = await person();
  const chat = await user.tab();
  await chat.createAccount('alice', { keep: true });
  const draft = 'a long thought, '.repeat(20);
  await chat.box.fill(draft);
  await chat.page.close({ runBeforeUnload: true });
  await eventually('the tab is closed', async () => chat.page.isClosed());
  const next = await user.tab();
  await next.isIn();
  assert.equal(await next.box.inputValue(), draft);
  await next.say(draft);
  await next.hears(draft);
  await next.page.reload();
  await next.hears(draft);
  assert.equal(await next.box.inputValue(), '');
  await next.box.fill('secret');
  await next.signOut();
  await next.isOut();
  await next.createAccount('mallory', { keep: true });
  assert.equal(await next.box.inputValue(), '');
}));

test('closing a tab whose draft would be lost asks', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('alice');
  const asked = [];
  chat.page.on('dialog', (dialog) => asked.push(dialog.type()));
  await chat.box.pressSequentially('half');
  await chat.page.reload();
  assert.deepEqual(asked, ['beforeunload']);
  await chat.say('whole');
  await chat.hears('whole');
  await chat.box.press('ArrowUp');
  const editor = chat.page.getByRole('textbox', { name: 'Edit message' });
  await editor.pressSequentially(' again');
  await chat.page.reload();
  assert.deepEqual(asked, ['beforeunload', 'beforeunload'], 'what is typed to edit a message, too');
}));

test('signing in with an unknown name makes no account', scene(async ({ server, person }) => {
  await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const user = await person();
  user.trouble.expectFailedRequests('401');
  const chat = await user.tab();
  const bodies = [];
  await chat.page.route(/\/connect$/, (route) => {
    bodies.push(route.request().postDataJSON());
    return route.fulfill({
      status: 401, contentType: 'application/problem+json', body: JSON.stringify({ type: '/problems/wrong-credentials', status: 401 }),
    });
  });
  await chat.knock('Sign in', { name: 'alcie', password: PASSWORD });
  await chat.refusal.filter({ hasText: /Wrong name or password.*New account/ }).waitFor();
  assert.deepEqual(bodies, [{ username: 'alcie', password: PASSWORD, create: false }]);
}));

test('a message that was not sent without a network is sent when it is back', scene(async ({ server, person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('ERR_');
  const chat = await user.tab();
  await chat.enterAsGuest('alice');
  await user.context.setOffline(true);
  for (const text of ['one', 'two']) await chat.say(text);
  await chat.message('one').and(chat.page.locator('[data-state=failed]')).waitFor();
  await user.context.setOffline(false);
  for (const text of ['one', 'two']) await chat.hears(text);
  const carol = await Caller.connect(server, { username: 'carol' });
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['one', 'two']);
}));

test('text from right to left is written and shown so, and long texts are told before they are sent', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('alice');
  const direction = () => chat.box.evaluate((box) => getComputedStyle(box).direction);
  for (const [text, expected] of [['שלום', 'rtl'], ['مرحبا', 'rtl'], ['hello', 'ltr']]) {
    await chat.box.fill(text);
    assert.equal(await direction(), expected, text);
  }
  await chat.say('שלום @alice https://example.com/a/');
  await chat.hears('שלום @alice https://example.com/a/');
  const isolated = await chat.texts.first().locator('a, .mention').evaluateAll((all) => all.map((node) => getComputedStyle(node).unicodeBidi));
  assert.deepEqual(isolated, ['isolate', 'isolate']);
  const send = chat.page.getByRole('button', { name: 'Send', exact: true });
  await chat.box.fill('é'.repeat(8192));
  assert.ok(await send.isEnabled());
  await chat.box.fill('é'.repeat(8193));
  assert.ok(await send.isDisabled());
  await chat.page.getByText('Too long by 2 bytes.').waitFor();
  await chat.box.fill('\u200b\u2060\u3164');
  assert.ok(await send.isDisabled());
}));
