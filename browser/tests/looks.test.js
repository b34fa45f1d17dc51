// What tells by its looks alone: what cannot be undone, and what is for the user.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { settle } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const LIGHT = { colorScheme: 'light' };
const GREEN = 'rgb(23, 105, 91)';
const RED = 'rgb(163, 40, 29)';

const style = async (locator, name) => {
  await settle(locator.page());
  return locator.evaluate((element, name) => getComputedStyle(element)[name], name);
};

test('what cannot be undone is red, and what can is not', scene(async ({ server, person }) => {
  const chat = await (await person(LIGHT)).tab();
  const button = (name) => chat.dialog.getByRole('button', { name, exact: true });
  const { keyboard } = chat.page;
  await chat.createAccount('alice');
  await chat.say('hello');
  await chat.hears('hello');
  await act(chat, 'hello', 'Delete');
  assert.equal(await style(button('Delete'), 'backgroundColor'), RED);
  await keyboard.press('Escape');
  await chat.menu('Account');
  assert.equal(await style(button('Leave for good'), 'backgroundColor'), RED);
  assert.equal(await style(button('Save'), 'backgroundColor'), GREEN);
  await keyboard.press('Escape');
  await act(chat, 'hello', 'Delete');
  await button('Keep').click();
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const { code } = await bob.post('/invites', { uses: 1, days: 1, rooms: [] });
  await chat.page.evaluate((code) => { location.hash = `#invite=${code}`; }, code);
  assert.equal(await style(button('Use it'), 'backgroundColor'), GREEN);
}, { ROCKET_CHAT__INVITES: 'members' }));
