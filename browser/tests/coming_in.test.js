// Coming in: with a new account, with a password, as a guest; what is refused, and going out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

test('somebody new makes an account, signs out and comes back', scene(async ({ person }) => {
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
  assert.equal(await chat.page.getByText('here I am').count(), 0, 'nothing is left on the screen');
  assert.deepEqual(await chat.page.evaluate(() => [...Object.values(sessionStorage), ...Object.values(localStorage)].filter((value) => value.includes('.'))), [], 'nor a token');
  await chat.signIn('alice');
  await chat.hears('here I am');
}));

test('a guest needs no password, and is asked before leaving for good', scene(async ({ person }) => {
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

test('a taken name is refused with the reason, to guests and to new accounts', scene(async ({ server, person }) => {
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

test('what cannot be a name or a password is refused before anything else happens', scene(async ({ person }) => {
  const somebody = await person();
  somebody.trouble.expectFailedRequests('400');
  const chat = await somebody.tab();
  for (const fields of [
    { name: '', password: PASSWORD },
    { name: 'two words', password: PASSWORD },
    { name: 'x'.repeat(33), password: PASSWORD },
    { name: '-alice', password: PASSWORD },
    { name: 'alice', password: 'short' },
    { name: 'alice', password: PASSWORD, repeat: 'correct house' },
  ]) {
    await chat.page.reload();
    await chat.knock('New account', fields);
    await chat.refusal.filter({ hasText: /\w/ }).waitFor();
    assert.equal(await chat.box.count(), 0, JSON.stringify(fields));
  }
}));

test('signing in to a name that nobody has says that an account was made', scene(async ({ person }) => {
  const somebody = await person();
  const chat = await somebody.tab();
  await chat.knock('Sign in', { name: 'alcie', password: PASSWORD });
  await chat.dialog.waitFor();
  await chat.shoot('account-made-by-accident');
  assert.match(await chat.dialog.getByRole('heading').innerText(), /New account created/);
  await chat.dialog.getByRole('button', { name: 'Sign out' }).click();
  await chat.isOut();
}));

test('a reload keeps the place and the session, and so does a new tab if one asked to be kept signed in', scene(async ({ server, person }) => {
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

test('a reload keeps what one was reading, and what one had begun to write', scene(async ({ server, person }) => {
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
  await eventually('it is at the top', () => isSeen(chat.log.locator('[data-seq="90"]')));
  await chat.page.reload();
  await eventually('it is there again', () => isSeen(chat.log.locator('[data-seq="90"]')));
  assert.equal(await chat.box.inputValue(), 'half a sen');
}));

test('without being kept signed in, a session ends with its tab', scene(async ({ person }) => {
  const alice = await person();
  const chat = await alice.tab();
  await chat.createAccount('alice');
  await chat.page.reload();
  await chat.isIn();
  const other = await alice.tab();
  await other.isOut();
}));

test('a password that is too long is refused, and not cut', scene(async ({ person }) => {
  const somebody = await person();
  somebody.trouble.expectFailedRequests('400');
  const chat = await somebody.tab();
  await chat.knock('New account', { name: 'alice', password: 'correct horse '.repeat(15) });
  await chat.refusal.filter({ hasText: /128/ }).waitFor();
}));
