// An administrator acts on people: disabling, roles, recovery, deleting. Others only write privately.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const press = (chat, name) => chat.dialog.first().getByRole('button', { name, exact: true }).click();
const say = (chat, question, name) => chat.page.getByRole('dialog', { name: question }).getByRole('button', { name, exact: true }).click();

test('an administrator disables, enables, recovers and deletes a user, from the name', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const admin = await person();
  const chat = await admin.tab();
  await chat.createAccount('alice');
  await server.shell('user', 'admin', 'alice');
  await bob.say('hello from bob');
  await chat.hears('hello from bob');
  await chat.log.locator('.author', { hasText: 'bob' }).click();
  await chat.dialog.getByRole('heading', { name: 'Administration' }).waitFor();
  await settle(chat.page);
  await chat.shoot('person-admin');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await press(chat, 'Disable');
  await chat.dialog.getByRole('button', { name: 'Enable' }).waitFor();
  await assert.rejects(Caller.connect(server, { username: 'bob', password: PASSWORD, create: false }));
  await press(chat, 'Enable');
  await chat.dialog.getByRole('button', { name: 'Disable' }).waitFor();
  await press(chat, 'Recovery code');
  await say(chat, 'Make a recovery code?', 'Make it');
  const link = await chat.dialog.locator('.secret').textContent();

  const returned = await person();
  returned.trouble.expectFailedRequests('401');
  const back = await returned.tab(link);
  await back.door.getByRole('button', { name: 'Sign in on this device' }).click();
  await back.dialog.getByText('You came by a recovery code.').waitFor();
  await back.dialog.getByRole('textbox', { name: 'New password', exact: true }).fill('a new battery');
  await back.dialog.getByRole('button', { name: 'Change password' }).click();
  await back.dialog.getByText('Your password is changed.').waitFor();
  await Caller.connect(server, { username: 'bob', password: 'a new battery', create: false });

  await press(chat, 'Delete bob');
  await say(chat, 'Delete bob?', 'Delete');
  await chat.page.getByRole('dialog', { name: 'bob', exact: true }).waitFor({ state: 'detached' });
  await back.isOut();
}));

test('a user writes privately from a name, and has no administration', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await bob.say('hello from bob');
  await chat.hears('hello from bob');
  await chat.log.locator('.author', { hasText: 'bob' }).click();
  await chat.dialog.getByText('online', { exact: true }).waitFor();
  assert.equal(await chat.dialog.getByRole('heading', { name: 'Administration' }).count(), 0);
  await press(chat, 'Write privately');
  await chat.isAt('bob');
  await chat.page.getByRole('button', { name: 'Person bob' }).click();
  await chat.dialog.getByRole('heading', { name: 'bob' }).waitFor();
}));
