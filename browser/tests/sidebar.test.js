// The sidebar with many rooms, and the panel with the members.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const WIDE = { viewport: { width: 1920, height: 1080 } };

/** Returns bob, alice in `count` rooms of his, and those rooms. */
async function cast(server, count) {
  const [bob, alice] = await Promise.all(['bob', 'alice'].map((username) => Caller.connect(server, { username, password: PASSWORD })));
  const rooms = [];
  for (let n = 0; n < count; n += 1) {
    const room = await bob.post('/rooms', { name: `room-${String(n).padStart(2, '0')}` });
    await alice.post(`/room/${room.id}/join`);
    rooms.push(room);
  }
  return { bob, alice, rooms };
}

const inspect = async (chat, name) => {
  await settle(chat.page);
  await chat.shoot(name);
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], [], name);
};

test('unread rooms out of sight are counted, and a click leads to the nearest one', scene(async ({ server, person }) => {
  const { bob } = await cast(server, 40);
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  const below = chat.page.getByRole('button', { name: /unread conversations? below/ });
  const above = chat.page.getByRole('button', { name: /unread conversations? above/ });
  assert.ok(!(await below.isVisible()), 'nothing is unread');
  await bob.say('one', 'room-32');
  await bob.say('two', 'room-38');
  await chat.page.getByRole('button', { name: '2 unread conversations below', exact: true }).waitFor();
  await inspect(chat, 'sidebar-many');
  await below.click();
  assert.match(await chat.page.evaluate(() => document.activeElement.textContent), /room-32/);
  await eventually('it is on the screen', () => chat.link('#room-32').evaluate((link) => link.getBoundingClientRect().bottom < innerHeight - 100));
  await chat.page.keyboard.press('Enter');
  await chat.isAt('#room-32');
  await bob.say('three', 'room-00');
  await chat.page.getByRole('button', { name: '1 unread conversation above', exact: true }).waitFor();
  await above.click();
  await chat.link('#room-00').click();
  await above.waitFor({ state: 'hidden' });
}));

test('a folded section shows what is unread, also after a reload', scene(async ({ server, person }) => {
  const { bob } = await cast(server, 3);
  const chat = await (await person()).tab();
  await chat.signIn('alice', { keep: true });
  const fold = chat.page.getByRole('button', { name: 'Rooms', exact: true });
  await chat.link('#room-01').waitFor();
  assert.equal(await fold.getAttribute('aria-expanded'), 'true');
  await fold.press('Enter');
  await chat.link('#room-01').waitFor({ state: 'detached' });
  assert.equal(await fold.getAttribute('aria-expanded'), 'false');
  await chat.link('#general').waitFor();
  await bob.say('news', 'room-02');
  await chat.link('#room-02').waitFor();
  await inspect(chat, 'sidebar-folded');
  await chat.page.reload();
  await chat.link('#room-02').waitFor();
  assert.equal(await chat.link('#room-01').count(), 0);
  await fold.click();
  await chat.link('#room-01').waitFor();
}));

test('a wide window lists the members, those who are online first', scene(async ({ server, person }) => {
  const { bob, rooms: [room] } = await cast(server, 1);
  await Caller.connect(server, { username: 'carol' });
  const chat = await (await person(WIDE)).tab();
  await chat.signIn('alice');
  const panel = (room) => chat.page.getByRole('complementary', { name: `Members of #${room}` });
  await panel('general').getByRole('button', { name: 'carol guest' }).waitFor();
  assert.equal(await chat.people.count(), 0, 'it takes the place of the list in the sidebar');
  await chat.open('#room-00');
  const online = panel('room-00').getByRole('region', { name: 'Online 2' });
  await online.getByRole('button', { name: 'bob owner' }).waitFor();
  await online.getByRole('button', { name: 'alice you' }).waitFor();
  await inspect(chat, 'sidebar-members');
  await online.getByRole('button', { name: 'bob owner' }).click();
  await chat.page.getByRole('dialog', { name: 'bob' }).waitFor();
  await chat.page.keyboard.press('Escape');
  await bob.tell('alice', 'hello');
  await chat.open('bob');
  await chat.page.getByRole('complementary', { name: 'People in this conversation' }).getByRole('button', { name: 'bob' }).waitFor();
  const toggle = chat.page.getByRole('button', { name: 'Members', exact: true });
  assert.equal(await toggle.getAttribute('aria-expanded'), 'true');
  await toggle.click();
  await chat.people.waitFor();
  await chat.open('#room-00');
  assert.equal(await chat.page.getByRole('complementary').count(), 0, 'it stays closed');
  await chat.page.getByRole('button', { name: '2 members', exact: true }).click();
  await panel('room-00').waitFor();
}));

test('where there is no room for a panel, the count opens the dialog of the room', scene(async ({ server, person }) => {
  await cast(server, 1);
  const chat = await (await person()).tab();
  await chat.signIn('alice');
  await chat.open('#room-00');
  await chat.page.getByRole('button', { name: '2 members', exact: true }).click();
  await chat.page.getByRole('dialog', { name: '#room-00' }).getByRole('button', { name: 'bob' }).waitFor();
}));
