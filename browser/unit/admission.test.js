// Who may come in, and how: codes, the ways that a server leaves open, and refusals in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refusal } from '../../server/static/page/api.js';
import { codeIn, howToGetIn, mayInvite, typedCode, waysIn, whyNot } from '../../server/static/page/admission.js';

const about = (registration, guests) => ({ name: 'Club', version: '0.2.0', registration, guests });

test('a code in the address is an invitation or a sign-in, and nothing else is a code', () => {
  assert.deepEqual(codeIn('#invite=k3m9p-0a1b2'), { kind: 'invite', code: 'k3m9p-0a1b2' });
  assert.deepEqual(codeIn('#code=K3M9P'), { kind: 'code', code: 'K3M9P' });
  for (const hash of ['', '#', '#invite=', '#invite', '#code=a b', '#/room/invite=x', '#Invite=x', '#other=x', `#code=${'x'.repeat(101)}`, '#code=<b>']) {
    assert.equal(codeIn(hash), null, hash);
  }
});

test('a code can be typed with spaces, or pasted as a link', () => {
  assert.equal(typedCode('  k3m9p 0a1b2\n'), 'k3m9p-0a1b2');
  assert.equal(typedCode('https://chat.example/club/#invite=k3m9p-0a1b2'), 'k3m9p-0a1b2');
  assert.equal(typedCode('https://chat.example/#code=k3m9p'), 'k3m9p');
  for (const text of ['', '   ', 'https://chat.example/', '<b>']) assert.equal(typedCode(text), '', text);
});

test('administrators invite, and members where the setting says so', () => {
  const may = (account, of = {}) => mayInvite({ ...about('invite', 'off'), invites: 'admins', ...of }, account);
  const [admin, member, guest] = [{ role: 'admin', guest: false }, { role: 'member', guest: false }, { role: 'member', guest: true }];
  assert.deepEqual([admin, member, guest, null].map((account) => may(account)), [true, false, false, false]);
  assert.deepEqual([admin, member, guest].map((account) => may(account, { invites: 'members' })), [true, true, false]);
  assert.ok(!may(admin, { registration: 'closed' }), 'an invitation would let nobody in');
  assert.ok(may(admin, { registration: 'closed', guests: 'invite' }));
  assert.ok(!mayInvite(null, admin), 'a server before 0.2');
});

test('the ways in are those that the server leaves open, to invited users or to all', () => {
  for (const [registration, guests, all, invited] of [
    ['open', 'on', 'sign-in new guest', 'sign-in new guest'],
    ['open', 'off', 'sign-in new', 'sign-in new'],
    ['invite', 'off', 'sign-in', 'sign-in new'],
    ['invite', 'invite', 'sign-in', 'sign-in new guest'],
    ['invite', 'on', 'sign-in guest', 'sign-in new guest'],
    ['closed', 'invite', 'sign-in', 'sign-in guest'],
    ['closed', 'off', 'sign-in', 'sign-in'],
    ['something newer', 'something newer', 'sign-in', 'sign-in'],
  ]) {
    const what = `${registration}, ${guests}`;
    assert.equal(waysIn(about(registration, guests), false).join(' '), all, what);
    assert.equal(waysIn(about(registration, guests), true).join(' '), invited, what);
  }
  assert.deepEqual(waysIn(null, false), ['sign-in', 'new', 'guest'], 'a server before 0.2');
});

test('a user without a way in is told how to get one', () => {
  assert.equal(howToGetIn(about('open', 'off'), false), '');
  assert.equal(howToGetIn(null, false), '');
  assert.match(howToGetIn(about('invite', 'off'), false), /^New here\? Ask .* invitation\.$/);
  assert.match(howToGetIn(about('invite', 'on'), false), /invitation, or enter as a guest\.$/);
  assert.match(howToGetIn(about('closed', 'off'), false), /administrator can add you\.$/);
  assert.match(howToGetIn(about('closed', 'off'), true), /sign in to use the invitation/);
  assert.equal(howToGetIn(about('invite', 'off'), true), '');
});

test('each refusal is said in words, beside the field that it is about', () => {
  const refuse = (status, type, detail = 'Detail.') => new Refusal(status, { type: `/problems/${type}`, title: 'T', detail });
  for (const [status, type, mode, words, field] of [
    [403, 'code-not-valid', 'new', /^This invitation does not work/, undefined],
    [403, 'guests-not-allowed', 'guest', /^Guests are not admitted/, undefined],
    [403, 'account-disabled', 'sign-in', /^This account is disabled/, undefined],
    [409, 'name-taken', 'guest', /“alice” is taken/, 'name'],
    [401, 'wrong-credentials', 'new', /“alice” is taken/, 'name'],
    [401, 'wrong-credentials', 'sign-in', /^Wrong name or password/, 'password'],
    [400, 'bad-input', 'new', /^Detail/, 'name'],
  ]) {
    const [said, at] = whyNot(refuse(status, type), { mode, username: 'alice', isInvited: true });
    assert.match(said, words, type);
    assert.equal(at, field, type);
  }
  const [said] = whyNot(refuse(403, 'code-not-valid'), { mode: 'device', username: '', isInvited: false });
  assert.match(said, /^This code does not work/);
  const [, at] = whyNot(refuse(400, 'bad-input', 'The password is too short.'), { mode: 'new', username: 'a', isInvited: false });
  assert.equal(at, 'password');
});
