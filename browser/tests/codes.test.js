// Invitations and codes from one page to another, with the server's own codes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { violations, sticksOut, PHONE, settle } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const INVITING = { ROCKET_CHAT__INVITES: 'members', ROCKET_CHAT__REGISTRATION: 'open', ROCKET_CHAT__GUESTS: 'invite' };

const linkIn = async (chat) => {
  const link = chat.dialog.locator('.secret');
  await link.waitFor();
  return link.textContent();
};

test('a member invites, the guest comes in by the link, and a revoked invitation lets nobody in', scene(async ({ person }) => {
  const alice = await (await person(PHONE)).tab();
  await alice.createAccount('alice');
  await alice.openMenu();
  await alice.page.getByRole('button', { name: 'Invite people' }).click();
  const open = alice.dialog.getByRole('heading', { name: 'Open invitations' });
  await alice.dialog.getByRole('spinbutton', { name: 'How many people' }).fill('2');
  assert.equal(await open.isVisible(), false, 'there is none yet');
  await alice.dialog.getByRole('button', { name: 'Make invitation' }).click();
  const link = await linkIn(alice);
  await open.waitFor();
  assert.equal(await alice.page.evaluate(() => document.activeElement.textContent), 'Copy link');
  await alice.dialog.getByRole('img', { name: 'QR code of the link' }).waitFor();
  await settle(alice.page);
  await alice.shoot('invite-phone');
  assert.deepEqual([...await violations(alice.page), ...await sticksOut(alice.page)], []);

  const bob = await (await person()).tab(link);
  await bob.enterAsGuest('bob');
  const late = await person();
  late.trouble.expectFailedRequests('403');
  const carol = await late.tab(link);
  await alice.dialog.getByRole('button', { name: /^Revoke/ }).click();
  await alice.dialog.getByRole('button', { name: /^Revoke/ }).waitFor({ state: 'detached' });
  await carol.knock('Guest', { name: 'carol' });
  await carol.refusal.filter({ hasText: 'This invitation does not work' }).waitFor();
}, INVITING));
