// What is open while a message changes shows it as it is now, and nothing shows a deleted text.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const act = async (chat, text, name) => {
  await chat.message(text).hover();
  await chat.message(text).getByRole('button', { name, exact: true }).click();
};

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
