// The user's own account: name, password, sessions, another device, and leaving; a guest who becomes an account.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { PHONE, settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

async function openAccount(chat) {
  await chat.menu('Account');
  await chat.dialog.getByRole('heading', { name: 'Leave for good' }).waitFor();
}

const fill = (chat, name, text) => chat.dialog.getByRole('textbox', { name, exact: true }).fill(text);
const press = (chat, name) => chat.dialog.getByRole('button', { name, exact: true }).click();

test('a user changes name and password, and sees and ends sessions', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('403');
  const chat = await alice.tab();
  await chat.createAccount('alice');
  await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await openAccount(chat);
  await settle(chat.page);
  await chat.shoot('account');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await fill(chat, 'Display name', 'Alice Miller');
  await press(chat, 'Save');
  await chat.dialog.getByText('Your display name is saved.').waitFor();
  await chat.page.keyboard.press('Escape');
  await chat.menu('Devices');
  await chat.dialog.getByText('(this one)').waitFor();
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await press(chat, 'End all other sessions');
  await chat.dialog.getByText('All other sessions are ended.').waitFor();
  await chat.page.keyboard.press('Escape');
  await openAccount(chat);
  await fill(chat, 'Current password', 'wrong horse');
  await fill(chat, 'New password', 'a new battery');
  await press(chat, 'Change password');
  await chat.dialog.getByText('The password is wrong.').waitFor();
  await fill(chat, 'Current password', PASSWORD);
  await press(chat, 'Change password');
  await chat.dialog.getByText('Your password is changed.').waitFor();
  await Caller.connect(server, { username: 'alice', password: 'a new battery' });
  await chat.page.keyboard.press('Escape');
  await chat.say('still here');
  await chat.hears('still here');
}));

test('a guest becomes an account on a phone, and leaves for good', scene(async ({ server, person }) => {
  const gina = await person(PHONE);
  // The poll learns it, too.
  gina.trouble.expectFailedRequests('401', 'ERR_ABORTED');
  const chat = await gina.tab();
  await chat.enterAsGuest('gina');
  await openAccount(chat);
  await settle(chat.page);
  await chat.shoot('account-guest-phone');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await fill(chat, 'New password', PASSWORD);
  await press(chat, 'Create account');
  await chat.dialog.getByText('You have an account now.').waitFor();
  await Caller.connect(server, { username: 'gina', password: PASSWORD });
  await fill(chat, 'Password', PASSWORD);
  await press(chat, 'Leave for good');
  await chat.page.getByRole('dialog', { name: 'Leave for good?' }).getByRole('button', { name: 'Leave' }).click();
  await chat.isOut();
  await chat.door.getByText('You have left for good.').waitFor();
  await assert.rejects(Caller.connect(server, { username: 'gina', password: PASSWORD, create: false }));
}));
