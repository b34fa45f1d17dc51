// Editors, drafts and questions follow a message that changes, and no deleted text stays visible.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const bar = (chat, words) => chat.page.locator('form[aria-label=Composer]').getByText(words, { exact: true });

const isAlerted = (chat, words) => chat.page.getByRole('alert').filter({ hasText: words }).waitFor();

/** Waits until a text is nowhere in the document, seen or unseen. */
const isNowhere = ({ page }, text) => eventually(`"${text}" is nowhere in the document`, () => page.evaluate((text) => {
  const boxes = [...document.querySelectorAll('input, textarea')].map(({ value }) => value);
  return ![document.documentElement.outerHTML, ...boxes].some((part) => part.includes(text));
}, text));

const isFocused = (what, locator) => eventually(what, () => locator.evaluate((node) => node === document.activeElement));

test('the bar of a reply shows the message as it is now, and goes when that is deleted', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('SECRET');
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await act(alice, 'SECRET', 'Reply');
  await bar(alice, 'Reply to carol: SECRET').waitFor();
  await carol.patch('/room/1/messages/1', { text: 'SECRET too' });
  await bar(alice, 'Reply to carol: SECRET too').waitFor();
  await alice.box.fill('my answer');
  await carol.delete('/room/1/messages/1');
  await alice.message('Message deleted').waitFor();
  await isAlerted(alice, 'you were replying to was deleted');
  await isNowhere(alice, 'SECRET');
  assert.equal(await alice.page.locator('#replying').isVisible(), false);
  assert.equal(await alice.box.inputValue(), 'my answer');
  await isFocused('the user goes on typing', alice.box);
  await alice.box.press('Enter');
  await alice.hears('my answer');
  assert.equal((await carol.history()).at(-1).reply_to, undefined);
}));

test('a draft still answers its message after another room, a reload, and a screen that has moved on', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', 'two', 'three']) await carol.say(text);
  const user = await person();
  const alice = await user.tab();
  await alice.createAccount('alice', { keep: true });
  await alice.createRoom('den');
  await alice.isAt('#den');
  await alice.open('#general');
  await act(alice, 'one', 'Reply');
  await alice.box.fill('my answer');
  await alice.open('#den');
  assert.equal(await alice.page.locator('#replying').isVisible(), false);
  assert.equal(await alice.box.inputValue(), '');
  await alice.open('#general');
  await bar(alice, 'Reply to carol: one').waitFor();
  assert.equal(await alice.box.inputValue(), 'my answer');
  await carol.sayAll(Array.from({ length: 300 }, (_, n) => `line ${n}`));
  await alice.newest.or(alice.message('line 299')).first().waitFor();
  await alice.page.keyboard.press('End');
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await other.post('/room/1/read', { seq: 303 });
  await alice.page.reload();
  await alice.isIn();
  await bar(alice, 'Reply to carol: one').waitFor();
  await alice.box.press('Enter');
  await eventually('it is a reply', async () => {
    const last = (await carol.history()).at(-1);
    return last.text === 'my answer' && last.reply_to === 1;
  });
  await alice.hears('my answer');
  await alice.page.reload();
  await alice.isIn();
  assert.equal(await alice.page.locator('#replying').isVisible(), false);

  // It is deleted while the user is elsewhere, and while no tab is open.
  await carol.say('SECRET');
  await alice.hears('SECRET');
  await act(alice, 'SECRET', 'Reply');
  await alice.box.fill('my answer');
  await alice.open('#den');
  const { seq } = (await carol.history()).at(-1);
  await eventually('the draft is kept', () => alice.page.evaluate(() => localStorage['linger.drafts']?.includes('my answer') ?? false));
  await alice.page.close();
  await carol.delete(`/room/1/messages/${seq}`);
  const next = await user.tab();
  await next.isIn();
  await next.isAt('#general');
  await isAlerted(next, 'you were replying to was deleted');
  await isNowhere(next, 'SECRET');
  assert.equal(await next.page.locator('#replying').isVisible(), false);
  assert.equal(await next.box.inputValue(), 'my answer');
}));

test('the editor takes an edit from elsewhere, unless the user has typed', scene(async ({ server, person }) => {
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await alice.say('SECRET');
  await alice.hears('SECRET');
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  await act(alice, 'SECRET', 'Edit');
  await other.patch('/room/1/messages/1', { text: 'hello' });
  await eventually('the box has the text', async () => (await editor.inputValue()) === 'hello');
  await isNowhere(alice, 'SECRET');
  // Saving now replaces the newer text.
  await editor.fill('hello!');
  await editor.press('Enter');
  await alice.hears('hello!');

  await act(alice, 'hello!', 'Edit');
  await editor.fill('typed');
  await other.patch('/room/1/messages/1', { text: 'good morning' });
  await isAlerted(alice, 'edited on another device meanwhile');
  assert.equal(await editor.inputValue(), 'typed');
  // The alert was the warning: saving now replaces the newer text.
  await editor.press('Enter');
  await alice.hears('typed');
}));

test('what was typed stays in the editor when another edit came first', scene(async ({ server, person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('412');
  let gate = Promise.resolve();
  await user.context.route(/\/poll\?/, async (route) => {
    const response = await route.fetch().catch(() => null);
    await gate;
    await (response ? route.fulfill({ response }) : route.abort()).catch(() => {});
  });
  const alice = await user.tab();
  await alice.createAccount('alice');
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await alice.say('first');
  await alice.hears('first');
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  await act(alice, 'first', 'Edit');
  await editor.fill('typed for long');
  // The page does not hear of the other edit before it saves.
  let open;
  gate = new Promise((resolve) => { open = resolve; });
  await other.patch('/room/1/messages/1', { text: 'second' });
  await editor.press('Enter');
  await isAlerted(alice, 'edited on another device meanwhile');
  assert.equal(await editor.inputValue(), 'typed for long');
  await eventually('it can be saved over that', async () => {
    // The box is gone as soon as the text is saved, which may be before it is drawn.
    if (await editor.isVisible()) await editor.press('Enter', { timeout: 1000 }).catch(() => {});
    return (await alice.texts.allTextContents()).includes('typed for long');
  });
  open();
}));

test('the editor and the question close when the message is deleted elsewhere', scene(async ({ server, person }) => {
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  for (const text of ['SECRET 1', 'SECRET 2', 'SECRET 3']) await alice.say(text);
  for (const text of ['SECRET 1', 'SECRET 2', 'SECRET 3']) await alice.hears(text);
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  const gone = (nth) => alice.messages.nth(nth).filter({ hasText: 'Message deleted' });

  await act(alice, 'SECRET 1', 'Edit');
  await editor.fill('SECRET 1, edited');
  await other.delete('/room/1/messages/1');
  await gone(0).waitFor();
  await isAlerted(alice, 'you were editing was deleted');
  await isNowhere(alice, 'SECRET 1');
  // Keys that are still being pressed must not send a message.
  await isFocused('the deleted message has the focus', gone(0));

  await act(alice, 'SECRET 2', 'Edit');
  await editor.waitFor();
  await alice.box.focus();
  await other.delete('/room/1/messages/2');
  await gone(1).waitFor();
  await isNowhere(alice, 'SECRET 2');
  await isFocused('the message box keeps the focus', alice.box);

  await act(alice, 'SECRET 3', 'Delete');
  await alice.dialog.getByText('“SECRET 3” will be gone').waitFor();
  await other.patch('/room/1/messages/3', { text: 'SECRET 4' });
  await alice.dialog.getByText('“SECRET 4” will be gone').waitFor();
  await isNowhere(alice, 'SECRET 3');
  await other.delete('/room/1/messages/3');
  await isAlerted(alice, 'This message was deleted meanwhile.');
  assert.equal(await alice.dialog.count(), 0);
  await isNowhere(alice, 'SECRET 4');
  await isFocused('the deleted message has the focus', gone(2));
}));

test('nothing unseen keeps the text of a deleted message, or of a session that is over', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  const announcer = alice.page.locator('#announcer');

  // Screen readers are told of direct messages wherever the user is.
  await carol.tell('alice', 'SECRET 1');
  await announcer.filter({ hasText: 'SECRET 1' }).waitFor({ state: 'attached' });
  await carol.delete('/direct/alice/messages/1');
  await isNowhere(alice, 'SECRET 1');

  // The user's own message is below the screen, and deleted on another device.
  await alice.lookAway();
  await carol.sayAll(Array.from({ length: 150 }, (_, n) => `line ${n}`));
  await eventually('they are unread', async () => (await alice.unread('#general')) === 150);
  await alice.lookAway(false);
  await alice.log.evaluate((log) => { log.scrollTop = 0; });
  await alice.say('SECRET 2');
  await alice.page.getByRole('button', { name: 'Sent, below the unread messages: SECRET 2' }).waitFor();
  const { seq } = (await other.history()).at(-1);
  await other.delete(`/room/1/messages/${seq}`);
  await isNowhere(alice, 'SECRET 2');

  // To the end, and all is read: the button that says how much is unread would cover the message.
  await alice.page.keyboard.press('Escape');
  await alice.newest.filter({ hasText: 'mark as read' }).waitFor();
  await alice.page.keyboard.press('Escape');
  await alice.newest.waitFor({ state: 'hidden' });
  await carol.say('SECRET 3');
  await alice.hears('SECRET 3');
  await act(alice, 'SECRET 3', 'Reply');
  await bar(alice, 'Reply to carol: SECRET 3').waitFor();
  await alice.signOut();
  await alice.isOut();
  await isNowhere(alice, 'SECRET 3');
}));
