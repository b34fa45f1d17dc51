// Signing in with a new account, with a password or as a guest, what is refused, and signing out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

test('a new user creates an account, signs out and signs in again', scene(async ({ person }) => {
  const alice = await person();
  const chat = await alice.tab();
  await chat.door.waitFor();
  await chat.shoot('door');
  await chat.createAccount('alice');
  await chat.isAt('#general');
  await chat.shoot('first-visit');
  await chat.say('here I am');
  await chat.hears('here I am');
  await chat.signOut();
  await chat.isOut();
  assert.equal(await chat.page.getByText('here I am').count(), 0, 'no message is left on the screen');
  assert.deepEqual(await chat.page.evaluate(() => [...Object.values(sessionStorage), ...Object.values(localStorage)].filter((value) => value.includes('.'))), [], 'no token is left in the storage');
  await chat.signIn('alice');
  await chat.hears('here I am');
}));

test('a guest needs no password, and is asked before signing out', scene(async ({ person }) => {
  const bob = await person();
  const chat = await bob.tab();
  await chat.enterAsGuest('bob');
  await chat.isAt('#general');
  await chat.signOut();
  await chat.dialog.waitFor();
  await chat.shoot('guest-leaves');
  assert.equal(await chat.dialog.getByRole('heading').innerText(), 'Leave for good?');
  await chat.page.keyboard.press('Escape');
  await chat.isIn();
  await chat.signOut();
  await chat.dialog.getByRole('button').last().click();
  await chat.isOut();
}));

test('a wrong password is refused with the reason, and the name stays typed', scene(async ({ server, person }) => {
  await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const alice = await person();
  alice.trouble.expectFailedRequests('401');
  const chat = await alice.tab();
  await chat.knock('Sign in', { name: 'alice', password: 'wrong horse' });
  await chat.refusal.filter({ hasText: /\w/ }).waitFor();
  assert.match(await chat.refusal.innerText(), /password/i);
  await chat.shoot('wrong-password');
  assert.equal(await chat.door.getByRole('textbox', { name: 'Name' }).inputValue(), 'alice');
  await chat.door.getByRole('textbox', { name: 'Password', exact: true }).fill(PASSWORD);
  await chat.page.keyboard.press('Enter');
  await chat.isIn();
}));

test('a taken name is refused with the reason, for guests and for new accounts', scene(async ({ server, person }) => {
  await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const other = await person();
  other.trouble.expectFailedRequests('409', '401');
  const chat = await other.tab();
  for (const how of ['Guest', 'New account']) {
    await chat.knock(how, { name: 'alice', password: 'another horse' });
    await chat.refusal.filter({ hasText: /taken/i }).waitFor();
  }
  await chat.shoot('taken-name');
  await chat.enterAsGuest('alice2');
}));

test('an invalid name or password is refused before anything is sent', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const chat = await user.tab();
  for (const fields of [
    { name: '', password: PASSWORD },
    { name: 'two words', password: PASSWORD },
    { name: 'x'.repeat(33), password: PASSWORD },
    { name: '-alice', password: PASSWORD },
    { name: 'alice', password: 'short' },
  ]) {
    await chat.page.reload();
    await chat.knock('New account', fields);
    await chat.refusal.filter({ hasText: /\w/ }).waitFor();
    assert.equal(await chat.box.count(), 0, JSON.stringify(fields));
  }
}));

test('if a server of version 0.1 creates an account for an unused name, the page says so', scene(async ({ person }) => {
  const user = await person();
  const chat = await user.tab();
  // Such a server does not know the field.
  await chat.page.route(/\/connect$/, (route) => {
    const { create, ...known } = route.request().postDataJSON();
    return route.continue({ postData: JSON.stringify(known) });
  });
  await chat.knock('Sign in', { name: 'alcie', password: PASSWORD });
  await chat.dialog.waitFor();
  await chat.shoot('account-made-by-accident');
  assert.match(await chat.dialog.getByRole('heading').innerText(), /New account created/);
  await chat.dialog.getByRole('button', { name: 'Sign out' }).click();
  await chat.isOut();
}));

test('a reload keeps the conversation and the session, and so does a new tab with "Keep me signed in"', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob' });
  await bob.post('/rooms', { name: 'lobby' });
  const alice = await person();
  const chat = await alice.tab();
  await chat.createAccount('alice', { keep: true });
  await chat.findRoom('lobby');
  await chat.page.reload();
  await chat.isAt('#lobby');
  await chat.open('#general');
  await chat.findPerson('bob');
  await chat.page.reload();
  await chat.isAt('bob');
  const other = await alice.tab();
  await other.isIn();
}));

test('a reload keeps the scroll position and the draft', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 150 }, (_, n) => `line ${n}`));
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.log.locator('[data-seq="150"]').waitFor();
  await chat.box.fill('half a sen');
  await chat.log.locator('[data-seq="90"]').evaluate((message) => message.scrollIntoView({ block: 'start' }));
  await chat.newest.waitFor();
  const isSeen = (message) => message.evaluate((message) => {
    const [its, logs] = [message, message.closest('[role=log]')].map((element) => element.getBoundingClientRect());
    return Math.abs(its.top - logs.top) < logs.height / 4;
  });
  await eventually('message 90 is in view', () => isSeen(chat.log.locator('[data-seq="90"]')));
  await chat.page.reload();
  await eventually('message 90 is in view again', () => isSeen(chat.log.locator('[data-seq="90"]')));
  assert.equal(await chat.box.inputValue(), 'half a sen');
}));

test('a session ends with its tab without "Keep me signed in"', scene(async ({ person }) => {
  const alice = await person();
  const chat = await alice.tab();
  await chat.createAccount('alice');
  await chat.page.reload();
  await chat.isIn();
  const other = await alice.tab();
  await other.isOut();
}));

test('a password that is too long is refused, not truncated', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const chat = await user.tab();
  await chat.knock('New account', { name: 'alice', password: 'correct horse '.repeat(15) });
  await chat.refusal.filter({ hasText: /128/ }).waitFor();
}));
