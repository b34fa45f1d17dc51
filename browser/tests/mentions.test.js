// Mentions: the room's accent, the count in the title, and the list that leads to each message.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

async function cast(server) {
  const [bob, alice] = await Promise.all(['bob', 'alice'].map((username) => Caller.connect(server, { username, password: PASSWORD })));
  const room = await bob.post('/rooms', { name: 'ops' });
  await alice.post(`/room/${room.id}/join`);
  return { bob, alice, room };
}

test('a mention is counted in the room and in the title, also after a reload, and is gone once it is read', scene(async ({ server, person }) => {
  const { bob } = await cast(server);
  const chat = await (await person()).tab();
  await chat.signIn('alice', { keep: true });
  await bob.say('nothing for her', 'ops');
  await eventually('a dot stands for it', async () => /^• /.test(await chat.page.title()));
  await bob.say('@alice: look', 'ops');
  for (const _ of ['polled', 'reloaded']) {
    await chat.page.getByRole('link', { name: '#ops, 2 unread, 1 mention', exact: true }).waitFor();
    await chat.page.getByRole('button', { name: 'Mentions, 1 unread', exact: true }).waitFor();
    await eventually('the title counts it', async () => /^\(1\) /.test(await chat.page.title()));
    await chat.page.reload();
    await chat.isIn();
  }
  await chat.open('#ops');
  await chat.page.getByRole('link', { name: '#ops', exact: true }).waitFor();
  await eventually('the title is quiet', async () => !/[\d•]/.test(await chat.page.title()));
  await chat.page.getByRole('button', { name: 'Mentions', exact: true }).waitFor();
}));

test('the list of mentions opens by a key, says how far it reaches, and leads to each message', scene(async ({ server, person }) => {
  const { bob } = await cast(server);
  await bob.say('@alice: an old one', 'ops');
  for (let n = 0; n < 150; n += 1) await bob.say(`line ${n}`, 'ops');
  await bob.say('@alice: a new one');
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  await chat.page.keyboard.press('Alt+m');
  const dialog = chat.page.getByRole('dialog', { name: 'Mentions' });
  await dialog.getByRole('button', { name: /^bob in #general .*@alice: a new one$/ }).waitFor();
  await dialog.getByText('Looked through at least the latest 100 messages in each of 2 rooms.').waitFor();
  assert.match(await chat.page.evaluate(() => document.activeElement.textContent), /a new one$/, 'Enter leads to the newest one');
  await settle(chat.page);
  await chat.shoot('mentions');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await dialog.getByRole('button', { name: 'Look further back' }).click();
  await dialog.getByText('Looked through all messages in each of 2 rooms.').waitFor();
  // It is marked for two seconds, of which a busy machine may miss all.
  await chat.page.evaluate(() => {
    globalThis.marked = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) if (target.matches('.marked')) globalThis.marked.push(target.querySelector('.text').textContent);
    }).observe(document.querySelector('[role=log]'), { subtree: true, attributeFilter: ['class'] });
  });
  await dialog.getByRole('button', { name: /an old one$/ }).click();
  await chat.isAt('#ops');
  await chat.message('@alice: an old one').waitFor();
  await eventually('it is marked', () => chat.page.evaluate(() => globalThis.marked.includes('@alice: an old one')));
  assert.match(await chat.page.evaluate(() => document.activeElement.textContent), /an old one/);
}));

test('a mention that is deleted is neither counted nor listed', scene(async ({ server, person }) => {
  const { bob, room } = await cast(server);
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  await bob.say('@alice: oops', 'ops');
  await chat.page.getByRole('link', { name: '#ops, 1 unread, 1 mention', exact: true }).waitFor();
  await bob.delete(`/room/${room.id}/messages/1`);
  await chat.page.getByRole('link', { name: '#ops, 1 unread', exact: true }).waitFor();
  await chat.page.getByRole('button', { name: 'Mentions', exact: true }).click();
  await chat.page.getByRole('dialog', { name: 'Mentions' }).getByText('Nobody has mentioned you.').waitFor();
}));

test('a mention that comes while the list is open is listed, and does not take the focus', scene(async ({ server, person }) => {
  const { bob } = await cast(server);
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  await chat.page.keyboard.press('Alt+m');
  const dialog = chat.page.getByRole('dialog', { name: 'Mentions' });
  await dialog.getByText('Nobody has mentioned you.').waitFor();
  const close = dialog.getByRole('button', { name: 'Close' });
  await close.focus();
  await bob.say('@alice: now');
  await dialog.getByRole('button', { name: /@alice: now$/ }).waitFor();
  assert.ok(await close.evaluate((button) => button === document.activeElement));
  await dialog.getByText('Nobody has mentioned you.').waitFor({ state: 'detached' });
}));

test('a room that is lost while the list of mentions is open leaves it', scene(async ({ server, person }) => {
  const { bob } = await cast(server);
  const board = await bob.post('/rooms', { name: 'board', private: true, members: ['alice'] });
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  await bob.say('@alice: in confidence', 'board');
  await chat.page.keyboard.press('Alt+m');
  const dialog = chat.page.getByRole('dialog', { name: 'Mentions' });
  const entry = dialog.getByRole('button', { name: /in confidence$/ });
  await entry.waitFor();
  await bob.delete(`/room/${board.id}/members/alice`);
  await entry.waitFor({ state: 'detached' });
}));
