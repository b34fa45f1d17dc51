// Messages that are edited where they are, and what is typed meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act, reaction } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** Keeps the editor's module from a user's tabs, until what is returned is called. */
async function holdEditor({ context }) {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await context.route('**/later/editor.js*', async (route) => { await held; await route.continue(); });
  return release;
}

test('a message is edited where it is, from the empty message box too', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('412');
  const [alice, bob] = [await user.tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await alice.say('helo');
  await bob.hears('helo');
  await bob.say('what?');
  await alice.hears('what?');
  await alice.box.press('ArrowUp');
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  await eventually('the box has the focus', () => editor.evaluate((box) => box === document.activeElement));
  assert.equal(await editor.inputValue(), 'helo');
  await editor.fill('');
  assert.ok(await alice.page.getByRole('button', { name: 'Save' }).isDisabled(), 'an empty text is none');
  await editor.fill('never mind');
  await editor.press('Escape');
  await eventually('the message box has the focus', () => alice.box.evaluate((box) => box === document.activeElement));
  await alice.hears('helo');
  await alice.box.press('ArrowUp');
  await editor.fill('hello');
  await editor.press('Enter');
  await bob.hears('hello');
  await alice.hears('hello');
  await eventually('the box is closed', async () => (await editor.count()) === 0);
  // Others' messages cannot be edited.
  await bob.message('hello').hover();
  await bob.message('hello').getByRole('button', { name: 'React', exact: true }).waitFor();
  assert.equal(await bob.message('hello').getByRole('button', { name: 'Edit', exact: true }).isVisible(), false);
  // A reaction that comes meanwhile is no reason to refuse.
  await act(alice, 'hello', 'Edit');
  await act(bob, 'hello', 'React');
  await bob.dialog.getByRole('button', { name: '👍' }).click();
  await alice.page.locator('.editing').getByRole('button', { name: /^👍 1/u }).waitFor();
  await editor.fill('hello!');
  await editor.press('Enter');
  await bob.hears('hello!');
  await reaction(bob, 'hello!', '👍').waitFor();
}));

test('nothing is typed into a text while it is being saved', scene(async ({ person }) => {
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.say('helo');
  await alice.hears('helo');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await alice.page.route('**/room/1/messages/1', async (route) => { await held; await route.continue(); });
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  await alice.box.press('ArrowUp');
  await editor.fill('hello');
  await editor.press('Enter');
  await eventually('it is being saved', () => alice.page.getByRole('button', { name: 'Save' }).isDisabled());
  await alice.page.keyboard.type(' and more');
  await alice.page.keyboard.press('Enter');
  assert.equal(await editor.inputValue(), 'hello');
  assert.equal(await alice.box.inputValue(), '');
  release();
  await alice.hears('hello');
  await eventually('the box is closed', async () => (await editor.count()) === 0);
}));

test('what is typed before the box to edit is there is typed into it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  const release = await holdEditor(user);
  const alice = await user.tab();
  await alice.enterAsGuest('alice');
  await alice.say('reply');
  await eventually('it is sent', async () => (await carol.history()).length === 1);
  await alice.hears('reply');
  await alice.box.press('ArrowUp');
  await alice.page.keyboard.type(' to two');
  await alice.page.keyboard.press('Enter');
  release();
  await alice.hears('reply to two');
  assert.equal(await alice.box.inputValue(), '');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['reply to two']);
}));

test('what is typed to edit a message is there when its conversation is open again', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await carol.tell('alice', 'psst');
  for (const text of ['one', 'two']) {
    await alice.say(text);
    await alice.hears(text);
  }
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  const save = alice.page.getByRole('button', { name: 'Save' });
  await alice.box.press('ArrowUp');
  await editor.fill('two, too');
  await alice.open('carol');
  assert.equal(await editor.count(), 0);
  await alice.page.getByRole('link', { name: '#general, draft', exact: true }).waitFor();
  await alice.open('#general');
  assert.equal(await editor.inputValue(), 'two, too');
  // Another message is edited meanwhile.
  await act(alice, 'one', 'Edit');
  await eventually('its box is open', async () => (await editor.inputValue()) === 'one');
  await editor.press('Escape');
  await eventually('the first message is being edited again', async () => (await editor.inputValue()) === 'two, too');
  await alice.open('carol');
  await alice.open('#general');
  await alice.box.press('ArrowUp');
  await eventually('the box has the focus', () => editor.evaluate((box) => box === document.activeElement));
  await save.click();
  await alice.hears('two, too');
  // The poll may bring it before the answer that closes the box.
  await eventually('the box is closed', async () => (await editor.count()) === 0);
  // An edit that is saved only after the user has left is gone.
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await alice.page.route(/messages\/\d+$/, async (route) => { await held; await route.continue(); });
  await alice.box.press('ArrowUp');
  await editor.fill('two, at last');
  await save.click();
  await alice.open('carol');
  release();
  await eventually('it is saved', async () => (await carol.history()).some(({ text }) => text === 'two, at last'));
  await alice.page.getByRole('link', { name: '#general', exact: true }).waitFor();
  await alice.open('#general');
  await alice.hears('two, at last');
  await eventually('the box is closed', async () => (await editor.count()) === 0);
}));

test('what is typed before the box to edit is there is a draft if the user goes elsewhere', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  const release = await holdEditor(user);
  const alice = await user.tab();
  await alice.createAccount('alice');
  await carol.tell('alice', 'psst');
  await alice.say('one');
  await alice.hears('one');
  await alice.box.press('ArrowUp');
  await alice.page.keyboard.type(' more');
  await alice.open('carol');
  await alice.say('hello');
  await alice.hears('hello');
  // The message of the same number is Carol's.
  const loaded = alice.page.waitForEvent('requestfinished', (request) => /later\/editor/.test(request.url()));
  release();
  await loaded;
  await alice.box.press('x');
  await alice.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.equal(await alice.page.getByRole('textbox', { name: 'Edit message' }).count(), 0);
  assert.equal(await alice.box.inputValue(), 'x');
  await alice.open('#general');
  await eventually('it is a draft', async () => (await alice.box.inputValue()) === ' more');
}));

test('what was typed to edit a message that is deleted meanwhile goes, and the page says so', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const device = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await carol.tell('alice', 'psst');
  await alice.say('hello');
  await alice.hears('hello');
  await alice.box.press('ArrowUp');
  await alice.page.getByRole('textbox', { name: 'Edit message' }).fill('hello, all');
  await alice.open('carol');
  await alice.page.getByRole('link', { name: '#general, draft', exact: true }).waitFor();
  await device.delete('/room/1/messages/1');
  await alice.page.getByText('The message that you were editing was deleted.').waitFor();
  await alice.page.getByRole('link', { name: '#general', exact: true }).waitFor();
}));
