// The door: which ways in a server leaves open, invitations, and codes that sign in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const CODE = '0a1b2-c3d4e-5f6g7-h8j9k-mnpqrs';
const CLOSED = { ROCKET_CHAT__REGISTRATION: 'invite', ROCKET_CHAT__GUESTS: 'off', ROCKET_CHAT__NAME: 'Harbour Club' };

const waysOf = async (chat) => (await chat.door.getByRole('radio').all()).length;
const button = (chat, name) => chat.door.getByRole('button', { name, exact: true });

/** Answers the sign-in with a code: the server's answer to the same call without it. */
async function acceptCodes(page, seen) {
  await page.route(/\/connect$/, (route) => {
    const { code, create, ...known } = route.request().postDataJSON();
    seen.push(code);
    return route.continue({ postData: JSON.stringify(known) });
  });
}

async function refuse(page, type, status) {
  await page.route(/\/connect$/, (route) => route.fulfill({
    status, contentType: 'application/problem+json',
    body: JSON.stringify({ type: `/problems/${type}`, title: type, status, detail: 'Detail.' }),
  }));
}

test('a server that asks for invitations offers strangers the sign-in alone, and says how to get in', scene(async ({ person }) => {
  const chat = await (await person(PHONE)).tab();
  await chat.door.getByText('Ask a member or an administrator for an invitation').waitFor();
  assert.equal(await waysOf(chat), 0);
  await button(chat, 'Sign in').waitFor();
  await chat.page.getByRole('heading', { level: 1, name: 'Harbour Club' }).waitFor();
  assert.equal(await chat.page.title(), 'Harbour Club');
  await chat.shoot('door-invite-only');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await button(chat, 'I have a code').click();
  await chat.door.getByRole('textbox', { name: 'Code or link' }).waitFor();
  await chat.shoot('door-typed-code');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
}, CLOSED));

test('an invitation opens a new account, and leaves the address at once', scene(async ({ person }) => {
  const user = await person();
  const chat = await user.tab(`/#invite=${CODE}`);
  const codes = [];
  await chat.door.getByText('You are invited to linger.').waitFor();
  assert.ok(!chat.page.url().includes(CODE));
  assert.ok(await chat.door.getByRole('radio', { name: 'New account' }).isChecked());
  await chat.shoot('door-invited');
  assert.deepEqual(await violations(chat.page), []);
  await acceptCodes(chat.page, codes);
  await chat.createAccount('alice');
  assert.deepEqual(codes, [CODE]);
}));

test('an invitation that does not work is said so, and so are guests and disabled accounts that are refused', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('403');
  const chat = await user.tab(`/#invite=${CODE}`);
  for (const [type, how, words] of [
    ['code-not-valid', 'New account', /invitation does not work/],
    ['guests-not-allowed', 'Guest', /need an account/],
    ['account-disabled', 'Sign in', /account is disabled/],
  ]) {
    await chat.page.unroute(/\/connect$/);
    await refuse(chat.page, type, 403);
    await chat.knock(how, { name: 'alice', password: PASSWORD });
    await chat.refusal.filter({ hasText: words }).waitFor();
  }
}));

test('a code for this device is used by a click, not by opening the link', scene(async ({ person }) => {
  const user = await person();
  const codes = [];
  await acceptCodes(user.context, codes);
  const chat = await user.tab(`/#code=${CODE}`);
  await button(chat, 'Sign in on this device').waitFor();
  assert.ok(!chat.page.url().includes(CODE));
  await chat.shoot('door-code');
  assert.deepEqual(await violations(chat.page), []);
  assert.deepEqual(codes, []);
  await button(chat, 'Sign in on this device').click();
  await chat.isIn();
  assert.deepEqual(codes, [CODE]);
}));

test('a code can be typed, or pasted as a link', scene(async ({ person }) => {
  const user = await person();
  const codes = [];
  await acceptCodes(user.context, codes);
  const chat = await user.tab();
  await button(chat, 'I have a code').click();
  await chat.door.getByRole('textbox', { name: 'Code or link' }).fill('  ');
  await button(chat, 'Continue').click();
  await chat.refusal.filter({ hasText: 'enter a code' }).waitFor();
  await chat.door.getByRole('textbox', { name: 'Code or link' }).fill(`https://chat.example/#invite=${CODE}`);
  await button(chat, 'Continue').click();
  await chat.door.getByText('You are invited').waitFor();
  await chat.createAccount('alice');
  assert.deepEqual(codes, [CODE]);
}));

test('a link that is opened where the page already is, is taken there', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.isOut();
  await chat.page.evaluate((code) => { location.hash = `#invite=${code}`; }, CODE);
  await chat.door.getByText('You are invited').waitFor();
  assert.ok(!chat.page.url().includes(CODE));
}));

test('a user who is already in is asked before an invitation is used', scene(async ({ person }) => {
  const user = await person();
  const codes = [];
  const chat = await user.tab();
  await chat.createAccount('alice', { keep: true });
  await acceptCodes(user.context, codes);
  const other = await user.tab(`/#invite=${CODE}`);
  await other.dialog.getByRole('button', { name: 'Use it' }).click();
  await eventually('it is used', () => codes.length === 1);
  await other.page.getByRole('alert').filter({ hasText: 'You have used the invitation.' }).waitFor();
  await other.isAt('#general');
}));

test('the sentence of the owner is shown as plain text, and what is signed in stays so unless the user says otherwise', scene(async ({ person }) => {
  const user = await person();
  await user.context.route(/\/server$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), welcome: 'Be kind. Ask <b>Ann</b>.' } });
  });
  const chat = await user.tab();
  await chat.page.getByText('Be kind. Ask <b>Ann</b>.', { exact: true }).waitFor();
  assert.ok(await chat.door.getByRole('checkbox', { name: 'Keep me signed in' }).isChecked());
}));

test('nothing in the card moves when the way in changes, or when it is refused', scene(async ({ person }) => {
  for (const options of [{}, PHONE]) {
    const user = await person(options);
    user.trouble.expectFailedRequests('401');
    const chat = await user.tab();
    // Once the page knows its server, nothing is added any more.
    await button(chat, 'I have a code').waitFor();
    const places = async () => JSON.stringify([
      await chat.door.boundingBox(), await chat.door.getByRole('textbox', { name: 'Name' }).boundingBox(),
      await chat.door.getByRole('checkbox').boundingBox(), await chat.door.locator('[type=submit]').boundingBox(),
    ]);
    const first = await places();
    for (const how of ['New account', 'Guest', 'Sign in']) {
      await chat.door.getByRole('radio', { name: how }).check();
      assert.equal(await places(), first, how);
    }
    await chat.knock('Sign in', { name: 'nobody', password: PASSWORD });
    await chat.refusal.filter({ hasText: 'Wrong name' }).waitFor();
    assert.equal(await places(), first, 'refused');
  }
}));

test('a password can be seen, and is hidden again before it is sent', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('401');
  const chat = await user.tab();
  const password = chat.door.getByRole('textbox', { name: 'Password' });
  const eye = button(chat, 'Show password');
  await password.fill(PASSWORD);
  await eye.click();
  assert.deepEqual([await password.getAttribute('type'), await eye.getAttribute('aria-pressed')], ['text', 'true']);
  await chat.knock('Sign in', { name: 'nobody', password: PASSWORD });
  await chat.refusal.filter({ hasText: /\w/ }).waitFor();
  assert.deepEqual([await password.getAttribute('type'), await eye.getAttribute('aria-pressed')], ['password', 'false']);
}));

test('a server of version 0.1 has no door, and all ways are open as before', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('404');
  await user.context.route(/\/server$/, (route) => route.fulfill({
    status: 404, contentType: 'application/problem+json',
    body: JSON.stringify({ type: '/problems/not-found', title: 'Not found', status: 404, detail: 'No.' }),
  }));
  const chat = await user.tab();
  await chat.door.getByRole('radio', { name: 'Guest' }).waitFor();
  assert.equal(await waysOf(chat), 3);
  assert.equal(await button(chat, 'I have a code').isVisible(), false);
  await chat.enterAsGuest('alice');
}));

test('after a click on a way in, the name can be typed at once, and after a session has ended, the password', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  const { keyboard } = chat.page;
  const focused = (id) => eventually(`${id} has the focus`, () => chat.page.evaluate((id) => document.activeElement.id === id, id));
  const way = (name) => chat.door.getByRole('radio', { name });
  const label = (name) => chat.door.getByText(name, { exact: true });
  // The radio button itself is in the middle.
  const corner = { position: { x: 4, y: 4 } };
  await label('Guest').click(corner);
  await focused('name');
  await label('New account').click(corner);
  await focused('name');
  await keyboard.type('alice');
  await keyboard.press('Tab');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');
  await chat.isIn();
  await chat.signOut();
  await focused('password');
  assert.ok(await way('Sign in').isChecked(), 'there is an account now');
  // The arrow keys stay with the ways.
  await way('New account').focus();
  await keyboard.press('ArrowRight');
  assert.ok(await way('Guest').evaluate((radio) => radio.checked && radio === document.activeElement));
  // WebKit tells of no detail when a label passes on a click.
  await way('Sign in').evaluate((radio) => {
    radio.parentNode.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
    radio.click();
  });
  await focused('password');
}));
