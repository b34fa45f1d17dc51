// The first minute: an empty room greets and offers an invitation; guests are marked, and offered an account.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const steps = (chat, name) => chat.page.getByRole('region', { name });

for (const [screen, options] of [['screen', {}], ['phone', PHONE]]) {
  test(`an empty room greets on a ${screen}, and copies an invitation that lets somebody in`, scene(async ({ person }) => {
    const user = await person({ ...options, permissions: ['clipboard-read', 'clipboard-write'] });
    const chat = await user.tab();
    await chat.createAccount('alice');
    await steps(chat, 'Welcome to linger, alice').getByText('Say hello below.').waitFor();
    await settle(chat.page);
    await chat.shoot(`first-minute-${screen}`);
    assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
    await chat.page.getByRole('button', { name: 'Copy an invitation' }).click();
    await chat.page.getByRole('button', { name: 'Copied: for 5 people, 7 days' }).waitFor();
    const link = await chat.page.evaluate(() => navigator.clipboard.readText());
    const friend = await (await person()).tab(link);
    await friend.door.getByText('You are invited to linger.').waitFor();
    await chat.say('hello');
    await eventually('the greeting is over', async () => (await steps(chat, /^Welcome/).count()) === 0);
  }, { ROCKET_CHAT__INVITES: 'members' }));
}

test('who may not invite is offered nothing to copy', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await steps(chat, /^Welcome/).waitFor();
  assert.equal(await chat.page.getByRole('button', { name: 'Copy an invitation' }).count(), 0);
  await chat.createRoom('ideas');
  await steps(chat, '#ideas is new').waitFor();
}));

test('guests are marked in the log, online or not, and accounts are not', scene(async ({ server, person }) => {
  const gina = await Caller.connect(server, { username: 'gina' });
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  await gina.say('from a guest');
  await bob.say('from an account');
  const chat = await (await person()).tab();
  // As if nobody was online.
  await chat.page.route(/users\?online/, (route) => route.fulfill({ json: [] }));
  await chat.createAccount('alice');
  const mark = chat.message('from a guest').getByText('guest', { exact: true });
  await mark.waitFor();
  assert.equal(await chat.message('from an account').getByText('guest', { exact: true }).count(), 0);
}));

test('a guest is offered an account, and may decline', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('gina');
  const offer = chat.page.getByRole('button', { name: 'Keep your name: make an account' });
  await offer.click();
  await chat.dialog.getByRole('textbox', { name: 'New password' }).waitFor();
  await chat.page.keyboard.press('Escape');
  await chat.page.getByRole('button', { name: 'Stay a guest' }).click();
  await offer.waitFor({ state: 'hidden' });
  await eventually('the message box has the focus', () => chat.box.evaluate((box) => box === document.activeElement));
  await chat.page.reload();
  await chat.isIn();
  await eventually('the page knows the account', () => chat.page.getByRole('button', { name: / Account menu$/ }).isVisible());
  assert.equal(await offer.isVisible(), false);
}));
