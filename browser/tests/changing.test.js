// Messages that change: deleted, answered, reacted to, and read on another device.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { listenTo } from '../harness/announcements.js';
import { Caller } from '../harness/caller.js';
import { act, reaction } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

test('what others change arrives as it is now, and is announced', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', 'two', 'three']) await carol.say(text);
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  await alice.hears('three');
  const isAnnounced = await listenTo(alice);

  await carol.patch('/room/1/messages/1', { text: 'ONE' });
  await alice.hears('ONE');
  await alice.message('ONE').getByText(/^edited \d/).waitFor();
  await isAnnounced('carol edited: ONE');
  await carol.delete('/room/1/messages/2');
  await alice.message('Message deleted').waitFor();
  await isAnnounced('carol deleted a message');
  await carol.put('/room/1/messages/3/reactions/%F0%9F%8E%89');
  await reaction(alice, 'three', '🎉').waitFor();
  await isAnnounced('carol reacted 🎉');
  await carol.post('/room/1/messages', { text: 'four', reply_to: 1 });
  await alice.message('four').getByRole('button', { name: 'In reply to carol: ONE' }).waitFor();
  await carol.delete('/room/1/messages/1');
  await alice.message('four').getByRole('button', { name: 'In reply to carol: Message deleted' }).waitFor();
  assert.equal(await alice.page.getByText('ONE', { exact: true }).count(), 0);
  await eventually('all is read', async () => (await alice.unread('#general')) === 0);
}));

test('what changes in a room that the user has not joined arrives, too', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const lobby = await carol.post('/rooms', { name: 'lobby' });
  for (const text of ['one', 'two', 'three']) await carol.say(text, 'lobby');
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  await alice.findRoom('lobby');
  await alice.hears('three');
  const refresh = async () => {
    await alice.lookAway();
    await alice.lookAway(false);
  };
  // Before the page has begun to follow the room, and after it.
  await carol.patch(`/room/${lobby.id}/messages/1`, { text: 'ONE' });
  await refresh();
  await alice.hears('ONE');
  const isAnnounced = await listenTo(alice);
  // The page refreshes on its own, too: it is to see both changes at once.
  let changed;
  const areChanged = new Promise((done) => { changed = done; });
  await alice.page.route('**/subscribe?*', async (route) => { await areChanged; await route.continue(); });
  await carol.patch(`/room/${lobby.id}/messages/2`, { text: 'TWO' });
  await carol.delete(`/room/${lobby.id}/messages/3`);
  await carol.say('four', 'lobby');
  changed();
  await refresh();
  await alice.hears('TWO');
  await isAnnounced('2 messages changed');
  await alice.message('Message deleted').waitFor();
  await alice.hears('four');
  assert.equal(await alice.message('three').count(), 0);
}));

test('a message is deleted after a question, for everybody', scene(async ({ server, person }) => {
  const [alice, bob] = [await (await person()).tab(), await (await person()).tab()];
  await alice.createAccount('alice');
  await bob.enterAsGuest('bob');
  await alice.say('hunter2');
  await bob.hears('hunter2');
  await act(alice, 'hunter2', 'Delete');
  await alice.dialog.getByRole('button', { name: 'Keep' }).click();
  await alice.hears('hunter2');
  await act(alice, 'hunter2', 'Delete');
  await alice.dialog.getByRole('button', { name: 'Delete' }).click();
  for (const chat of [alice, bob]) {
    await chat.message('Message deleted').waitFor();
    assert.equal(await chat.page.getByText('hunter2').count(), 0);
  }
  // The owner of a room deletes what others wrote there.
  await alice.createRoom('lobby');
  await alice.isAt('#lobby');
  const spam = await Caller.connect(server, { username: 'spam' });
  await spam.say('buy now', 'lobby');
  await alice.hears('buy now');
  await eventually('the page knows the owner', async () => {
    await alice.message('buy now').hover();
    return alice.message('buy now').getByRole('button', { name: 'Delete', exact: true }).isVisible();
  });
  await act(alice, 'buy now', 'Delete');
  await alice.dialog.getByRole('button', { name: 'Delete' }).click();
  await alice.message('Deleted by alice').waitFor();
  await alice.page.reload();
  await alice.message('Deleted by alice').waitFor();
}));

test('a reply leads to what it answers, wherever that is', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('the question');
  await carol.sayAll(Array.from({ length: 500 }, (_, n) => `line ${n}`));
  await carol.post('/room/1/messages', { text: 'the answer', reply_to: 1 });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.hears('the answer');
  await alice.message('the answer').getByRole('button', { name: 'In reply to carol: the question' }).click();
  await alice.hears('the question');
  await eventually('it has the focus, on the screen', () => alice.message('the question').evaluate((row) => {
    const [box, log] = [row.getBoundingClientRect(), row.closest('[role=log]').getBoundingClientRect()];
    return row === document.activeElement && box.top >= log.top && box.bottom <= log.bottom;
  }));
  await act(alice, 'the question', 'Reply');
  await alice.page.getByText('Reply to carol: the question', { exact: true }).waitFor();
  await alice.box.press('Escape');
  assert.equal(await alice.page.getByText('Reply to carol: the question', { exact: true }).isVisible(), false);
  await act(alice, 'the question', 'Reply');
  await alice.say('another answer');
  await eventually('it is a reply', async () => {
    const last = (await carol.history()).at(-1);
    return last.text === 'another answer' && last.reply_to === 1;
  });
  await alice.hears('another answer');
  await alice.message('another answer').getByRole('button', { name: 'In reply to carol: the question' }).waitFor();
  await alice.say('no answer');
  await eventually('it is none', async () => {
    const last = (await carol.history()).at(-1);
    return last.text === 'no answer' && last.reply_to === undefined;
  });
}));

test('reactions are given, counted and taken back, any emoji by typing', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('we did it');
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const alice = await user.tab();
  await alice.createAccount('alice');
  await alice.hears('we did it');
  const isAnnounced = await listenTo(alice);
  await act(alice, 'we did it', 'React');
  await alice.dialog.getByRole('button', { name: '❤️' }).click();
  await eventually('it is pressed', async () => (await reaction(alice, 'we did it', '❤️').getAttribute('aria-pressed')) === 'true');
  await isAnnounced('Reaction ❤️ added');
  await carol.put(`/room/1/messages/1/reactions/${encodeURIComponent('❤️')}`);
  await alice.message('we did it').getByRole('button', { name: '❤️ 2: you, carol' }).click();
  await alice.message('we did it').getByRole('button', { name: '❤️ 1: carol' }).waitFor();
  await act(alice, 'we did it', 'React');
  await alice.dialog.getByRole('textbox', { name: 'Any emoji' }).fill('🦀');
  await alice.dialog.getByRole('textbox', { name: 'Any emoji' }).press('Enter');
  await reaction(alice, 'we did it', '🦀').waitFor();
  await act(alice, 'we did it', 'React');
  await alice.dialog.getByRole('textbox', { name: 'Any emoji' }).fill('nice');
  await alice.dialog.getByRole('textbox', { name: 'Any emoji' }).press('Enter');
  await alice.page.getByRole('alert').filter({ hasText: 'emoji' }).waitFor();
  // With more than ten names, the page asks whether the user's is among them.
  for (let n = 0; n < 12; n += 1) {
    const other = await Caller.connect(server, { username: `user-${n}` });
    await other.put(`/room/1/messages/1/reactions/${encodeURIComponent('❤️')}`);
  }
  await alice.message('we did it').getByRole('button', { name: /^❤️ 13: / }).click();
  await alice.message('we did it').getByRole('button', { name: /^❤️ 14: / }).click();
  await alice.message('we did it').getByRole('button', { name: /^❤️ 13: / }).waitFor();
}));

test('everything works by keyboard', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', 'two', 'three']) await carol.say(text);
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.say('mine');
  await alice.hears('mine');
  const { keyboard } = alice.page;
  const hasFocus = (what, locator) => eventually(what, () => locator.evaluate((node) => node === document.activeElement));
  const choose = async (text) => {
    await alice.log.focus();
    await keyboard.press('Enter');
    await hasFocus('the last message has the focus', alice.message('mine'));
    for (let n = 0; n < 5 && !(await alice.message(text).evaluate((row) => row === document.activeElement)); n += 1) {
      await keyboard.press('ArrowUp');
    }
    await hasFocus(`${text} has the focus`, alice.message(text));
  };
  await choose('two');
  await keyboard.press('r');
  await hasFocus('the message box has the focus', alice.box);
  await keyboard.type('reply');
  await keyboard.press('Enter');
  await alice.message('reply').getByRole('button', { name: 'In reply to carol: two' }).waitFor();
  await eventually('it is sent', async () => (await carol.history()).at(-1).reply_to === 2);
  await alice.hears('reply');
  await alice.box.press('ArrowUp');
  await keyboard.type(' to two');
  await keyboard.press('Enter');
  await alice.hears('reply to two');
  // The poll may bring it before the answer that closes the box, which moves the focus.
  await alice.page.getByRole('textbox', { name: 'Edit message' }).waitFor({ state: 'detached' });
  await alice.log.focus();
  await keyboard.press('Enter');
  await hasFocus('the last message has the focus', alice.message('reply to two'));
  await keyboard.press('+');
  await alice.dialog.waitFor();
  await keyboard.press('Enter');
  await reaction(alice, 'reply to two', '👍').waitFor();
  await hasFocus('it still has the focus', alice.message('reply to two'));
  // The buttons are reached as well.
  await keyboard.press('Enter');
  await hasFocus('the first button has the focus', alice.message('reply to two').getByRole('button', { name: 'React' }));
  for (let n = 0; n < 5; n += 1) await keyboard.press('Tab');
  await keyboard.press('Enter');
  await alice.dialog.getByRole('heading', { name: 'Delete this message?' }).waitFor();
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await alice.message('Message deleted').waitFor();
  await hasFocus('the message box has the focus', alice.box);
  await alice.log.focus();
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  await hasFocus('Esc leads back to the message box', alice.box);
}));

test('everything works by touch', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('one');
  const alice = await (await person(PHONE)).tab();
  await alice.enterAsGuest('alice');
  await alice.say('mine');
  await alice.hears('mine');
  const button = (text, name) => alice.message(text).getByRole('button', { name, exact: true });
  await alice.message('one').locator('.text').tap();
  await button('one', 'React').tap();
  await alice.dialog.getByRole('button', { name: '🎉' }).tap();
  await reaction(alice, 'one', '🎉').waitFor();
  await alice.message('mine').locator('.text').tap();
  await alice.shoot('changing-phone-actions');
  await button('mine', 'Edit').tap();
  await alice.page.getByRole('textbox', { name: 'Edit message' }).fill('mine, edited');
  await alice.shoot('changing-phone-edit');
  await alice.page.getByRole('button', { name: 'Save' }).tap();
  await alice.hears('mine, edited');
  // The poll may bring it before the answer that closes the box, and with it the buttons.
  await alice.page.getByRole('textbox', { name: 'Edit message' }).waitFor({ state: 'detached' });
  await alice.message('one').locator('.text').tap();
  await button('one', 'Reply').tap();
  await alice.shoot('changing-phone-reply');
  await alice.say('a reply');
  await alice.message('a reply').getByRole('button', { name: 'In reply to carol: one' }).waitFor();
  await eventually('it is sent', async () => (await carol.history()).at(-1).reply_to === 1);
  await alice.hears('a reply');
  await alice.message('mine, edited').locator('.text').tap();
  await button('mine, edited', 'Delete').tap();
  await alice.dialog.getByRole('button', { name: 'Delete' }).tap();
  await alice.message('Message deleted').waitFor();
}));

test('changes move nothing on the screen', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (let n = 1; n <= 80; n += 1) await carol.say(`line ${n}`);
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.hears('line 80');
  await alice.log.evaluate((log) => { log.scrollTop -= 900; });
  await alice.newest.waitFor();
  const top = () => alice.log.evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    const row = [...log.querySelectorAll('[data-seq]')].find((row) => row.getBoundingClientRect().top > edge);
    globalThis.kept ??= row.dataset.seq;
    return log.querySelector(`[data-seq="${globalThis.kept}"]`).getBoundingClientRect().top;
  });
  const before = await top();
  const seq = await alice.page.evaluate(() => Number(globalThis.kept));
  const above = seq - 3;
  await carol.patch(`/room/1/messages/${above}`, { text: 'much\nlonger\nthan\nbefore' });
  await alice.hears('much\nlonger\nthan\nbefore');
  await carol.put(`/room/1/messages/${above}/reactions/%F0%9F%91%8D`);
  await reaction(alice, 'much\nlonger\nthan\nbefore', '👍').waitFor();
  assert.ok(Math.abs((await top()) - before) <= 1, `${await top()} ${before}`);
  // At the end, the end stays.
  await alice.page.keyboard.press('Escape');
  await eventually('the end is on the screen', () => alice.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
  await carol.put('/room/1/messages/80/reactions/%F0%9F%91%8D');
  await reaction(alice, 'line 80', '👍').waitFor();
  await eventually('it still is', () => alice.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
}));

test('what is read on another device is read here, in a hidden tab too', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  const [seen, hidden] = [await user.tab(), await user.tab()];
  await seen.createAccount('alice', { keep: true });
  await hidden.page.reload();
  await hidden.isIn();
  const other = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await seen.lookAway();
  await hidden.lookAway();
  // No look at the state takes part in it.
  await user.context.route(/\/status$/, (route) => route.abort().catch(() => {}));
  user.trouble.expectFailedRequests('ERR_FAILED');
  for (const text of ['@alice one', '@alice two']) await carol.say(text);
  const isCounted = (chat, count) => eventually(`the title of a tab has ${count}`,
    async () => ((await chat.page.title()).match(/^\((\d+)\)/)?.[1] ?? '0') === String(count));
  for (const chat of [seen, hidden]) await isCounted(chat, 2);
  for (const [seq, left] of [[1, 1], [2, 0], [0, 2], [2, 0]]) {
    await other.post('/room/1/read', { seq });
    for (const chat of [seen, hidden]) await isCounted(chat, left);
  }
}));

test('a server of version 0.1 leaves the page as it was', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  // What 0.1 answers: it does not know the parameter.
  await user.context.route(/changes=true/, async (route) => {
    await route.continue({ url: route.request().url().replace('&changes=true', '') });
  });
  const alice = await user.tab();
  await alice.createAccount('alice');
  await carol.say('one');
  await alice.say('mine');
  await alice.hears('one');
  await alice.hears('mine');
  await alice.message('mine').hover();
  assert.equal(await alice.page.getByRole('group', { name: 'Message actions' }).count(), 0);
  await alice.box.press('ArrowUp');
  assert.equal(await alice.page.getByRole('textbox', { name: 'Edit message' }).count(), 0);
}));
