// Private rooms, roles and groups: what owners change, and what others see of it at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, settle, sticksOut, violations } from '../harness/inspection.js';
import { scene as anyScene } from '../harness/scene.js';

/** A scene on a server that describes its rooms. */
const scene = (play) => anyScene(async (given) => {
  const probe = await Caller.connect(given.server, { username: 'probe', password: PASSWORD });
  if (!('private' in await probe.get('/room/1'))) return given.t.skip('this server has no private rooms');
  return play(given);
});

const member = (name) => `members/${name}`;

/** Looks at a dialog: nothing is wrong with it, and nothing sticks out. */
async function inspect(chat, name) {
  await settle(chat.page);
  await chat.shoot(name);
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], [], name);
}

async function owner(server) {
  const olga = await Caller.connect(server, { username: 'olga', password: PASSWORD });
  const room = await olga.post('/rooms', { name: 'board', private: true, title: 'The board', topic: 'Minutes' });
  const path = `/room/${room.id}`;
  return { olga, room, path, set: (name, role) => olga.put(`${path}/${member(name)}`, { role }) };
}

const unseen = (chat, text) => eventually(`${text} is nowhere`, async () => !(await chat.page.evaluate(() => document.documentElement.outerHTML)).includes(text));

test('a removed user loses a private room at once, with its texts, in the open tab and in a hidden one', scene(async ({ server, person }) => {
  const { olga, path, set } = await owner(server);
  const alice = await person();
  const chat = await alice.tab();
  await chat.createAccount('alice', { keep: true });
  await set('alice', 'member');
  await chat.open('The board');
  const other = await alice.tab();
  await other.isIn();
  await other.lookAway();
  await olga.post(`${path}/messages`, { text: 'the merger is on' });
  await chat.hears('the merger is on');
  await chat.link('The board, private').waitFor();
  await inspect(chat, 'rooms-private');
  await chat.box.fill('half a secret');
  await olga.delete(`${path}/${member('alice')}`);
  await chat.isAt('#general');
  await chat.page.getByRole('alert').filter({ hasText: 'You are no longer in The board.' }).waitFor();
  // Whatever alice types next is sent nowhere.
  await chat.page.getByRole('dialog', { name: 'You are no longer in The board.' }).waitFor();
  await chat.page.keyboard.type(' that nobody else may read');
  await chat.page.keyboard.press('Enter');
  await inspect(chat, 'rooms-lost');
  await chat.dialog.getByRole('button', { name: 'OK' }).click();
  await chat.dialog.waitFor({ state: 'hidden' });
  for (const tab of [chat, other]) {
    await eventually('the room is not listed', async () => (await tab.link('The board').count()) === 0);
    await unseen(tab, 'merger');
  }
  assert.equal(await chat.box.inputValue(), '');
  // A draft is kept, and forgotten, some tenths of a second later.
  await eventually('nothing of it is stored', async () => {
    const stored = await chat.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
    assert.ok(!/merger|half a secret/.test(stored), stored);
  });
}));

test('an owner changes a room and its members in the dialog, and others see it at once', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const alice = await person(PHONE);
  const chat = await alice.tab();
  await chat.createAccount('alice');
  await chat.openMenu();
  await chat.page.getByRole('button', { name: 'New room…' }).click();
  await chat.dialog.getByRole('textbox', { name: 'Name' }).fill('ops');
  await chat.dialog.getByRole('textbox', { name: 'People' }).fill('bob');
  await chat.dialog.getByRole('checkbox', { name: /^Private/ }).check();
  await inspect(chat, 'rooms-new');
  await chat.dialog.getByRole('button', { name: 'Create room' }).click();
  await chat.isAt('#ops');
  await chat.page.getByRole('button', { name: 'Room #ops' }).click();
  await chat.dialog.getByRole('combobox', { name: 'Role of bob' }).waitFor();
  await inspect(chat, 'rooms-dialog');
  await chat.dialog.getByRole('textbox', { name: 'Title' }).fill('Operations');
  await chat.dialog.getByRole('textbox', { name: 'Topic' }).fill('On call');
  await chat.dialog.getByRole('combobox', { name: 'Who may write' }).selectOption('owners');
  await chat.dialog.getByRole('button', { name: 'Save' }).click();
  await chat.dialog.getByText('Saved.').waitFor();
  await chat.dialog.getByRole('combobox', { name: 'Role of bob' }).selectOption('reader');
  const room = (await bob.get('/rooms?name=ops'))[0];
  await eventually('bob is a reader', async () => (await bob.get(`/room/${room.id}`)).role === 'reader');
  assert.deepEqual([room.title, room.topic, room.posting, room.private], ['Operations', 'On call', 'owners', true]);
  await chat.dialog.getByRole('button', { name: 'Remove bob' }).click();
  await chat.dialog.getByRole('combobox', { name: 'Role of bob' }).waitFor({ state: 'detached' });
  await chat.page.keyboard.press('Escape');
  await chat.isAt('Operations');
}));

test('a long name stays within the dialogs of a phone', scene(async ({ server, person }) => {
  const long = 'w'.repeat(32);
  await Caller.connect(server, { username: long, password: PASSWORD });
  const { set } = await owner(server);
  const chat = await (await person(PHONE)).tab();
  await chat.createAccount('alice');
  await set('alice', 'owner');
  await set(long, 'member');
  await chat.open('The board');
  await chat.page.getByRole('button', { name: 'Room The board' }).click();
  await chat.dialog.getByRole('combobox', { name: `Role of ${long}` }).waitFor();
  await inspect(chat, 'rooms-long-name');
  await chat.dialog.getByRole('button', { name: long, exact: true }).click();
  await chat.dialog.getByRole('heading', { name: long }).waitFor();
  await chat.dialog.getByText(/^(not )?online/).waitFor();
  await inspect(chat, 'person-long-name');
}));

test('before a private room is left, the page says that there is no way back', scene(async ({ server, person }) => {
  const { olga, path, set } = await owner(server);
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await set('alice', 'member');
  await chat.open('The board');
  await chat.leave();
  const question = chat.page.getByRole('dialog', { name: 'Leave The board?' });
  await inspect(chat, 'rooms-leaving');
  await question.getByRole('button', { name: 'Stay' }).click();
  await chat.isAt('The board');
  await chat.leave();
  await question.getByRole('button', { name: 'Leave' }).click();
  await chat.isAt('#general');
  const members = await olga.get(`${path}/members`);
  assert.deepEqual(members.map(({ name }) => name), ['olga']);
}));

test('a reader is told why nothing can be written, and writes again as a member', scene(async ({ server, person }) => {
  const { olga, path, set } = await owner(server);
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await set('alice', 'reader');
  await chat.link('The board').click();
  await chat.page.getByText('You are a reader here').waitFor();
  assert.equal(await chat.box.isVisible(), false);
  await inspect(chat, 'rooms-reader');
  await set('alice', 'member');
  await chat.isIn();
  await olga.patch(path, { archived: true, title: 'The old board' });
  await chat.page.getByText('This room is archived').waitFor();
  await chat.isAt('The old board');
}));

test('a group is started by picking people', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.page.getByRole('button', { name: 'Group with…' }).click();
  await chat.dialog.getByRole('textbox', { name: 'People' }).fill('@bob');
  await chat.dialog.getByRole('button', { name: 'Start group' }).click();
  await eventually('it is open', async () => !(await chat.title.textContent()).startsWith('#general'));
  await chat.say('just us');
  await chat.hears('just us');
  const rooms = await bob.get('/rooms');
  assert.ok(rooms.some(({ private: isPrivate, joined }) => isPrivate && joined));
}));
