// Colours and positions that carry meaning: what deletes or shuts out, counts of mentions, and nothing out of place.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act } from '../harness/changing.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, settle } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const LIGHT = { colorScheme: 'light' };
const GREEN = 'rgb(23, 105, 91)';
const RED = 'rgb(163, 40, 29)';

const style = async (locator, name) => {
  await locator.waitFor();
  await settle(locator.page());
  return locator.evaluate((element, name) => getComputedStyle(element)[name], name);
};

test('what deletes or shuts out is red, and nothing else is', scene(async ({ server, person }) => {
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
  const leave = button('Leave for good');
  assert.equal(await style(leave, 'backgroundColor'), RED);
  await leave.evaluate((button) => { button.disabled = true; });
  assert.notEqual(await style(leave, 'backgroundColor'), RED, 'a disabled button looks disabled');
  assert.equal(await style(button('Save'), 'backgroundColor'), GREEN);
  await keyboard.press('Escape');
  await act(chat, 'hello', 'Delete');
  await button('Keep').click();
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
  await chat.page.getByRole('button', { name: 'Room menu' }).click();
  assert.equal(await style(chat.page.getByRole('button', { name: 'Leave', exact: true }), 'color'), RED);
  await keyboard.press('Escape');
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const { code } = await bob.post('/invites', { uses: 1, days: 1, rooms: [] });
  await chat.page.evaluate((code) => { location.hash = `#invite=${code}`; }, code);
  await button('Use it').waitFor();
  assert.equal(await style(button('Use it'), 'backgroundColor'), GREEN);
}, { ROCKET_CHAT__INVITES: 'members' }));

test('a count is in the accent where the user is meant', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { id } = await carol.post('/rooms', { name: 'lobby' });
  const chat = await (await person(LIGHT)).tab();
  await chat.createAccount('alice');
  await chat.findRoom('lobby');
  await chat.page.getByRole('button', { name: 'Join', exact: true }).click();
  await chat.box.waitFor();
  await chat.open('#general');
  const colour = (locator) => locator.evaluate((row) => getComputedStyle(row, '::after').backgroundColor);
  const counts = (row, count) => eventually(`it counts ${count}`, async () => (await row.getAttribute('data-unread')) === count);
  const [lobby, direct] = [chat.link('#lobby'), chat.link('carol')];
  await carol.post(`/room/${id}/messages`, { text: 'hello' });
  await counts(lobby, '1');
  assert.notEqual(await colour(lobby), GREEN);
  await carol.post(`/room/${id}/messages`, { text: 'hello @alice' });
  await counts(lobby, '2');
  await carol.tell('alice', 'psst');
  await counts(direct, '1');
  const mentions = chat.page.getByRole('button', { name: 'Mentions, 1 unread' });
  for (const row of [lobby, direct, mentions]) assert.equal(await colour(row), GREEN);
}));

test('on a phone, the buttons of a message cover no button of its code', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', 'two']) await carol.say(`\`\`\`\n${text}\n\`\`\``);
  const chat = await (await person(PHONE)).tab();
  await chat.enterAsGuest('alice');
  await chat.say('mine');
  await chat.hears('mine');
  const second = chat.messages.nth(1);
  await second.getByRole('group', { name: 'Code' }).tap();
  const buttons = second.getByRole('group', { name: 'Message actions' });
  await buttons.waitFor();
  await settle(chat.page);
  const [above, copy] = [await buttons.boundingBox(), await second.getByRole('button', { name: 'Copy', exact: true }).boundingBox()];
  assert.ok(above.y + above.height <= copy.y, `${above.y} + ${above.height} <= ${copy.y}`);
}));

test('on a phone, everything is in its place', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { id } = await carol.post('/rooms', { name: 'lobby', topic: 'A topic that is longer than the screen is wide, and then some' });
  await carol.post(`/room/${id}/messages`, { text: '\`\`\`\nshort\n\`\`\`' });
  const user = await person({ ...PHONE, ...LIGHT });
  const chat = await user.tab();
  await chat.createAccount('alice');
  await chat.findRoom('lobby');
  await chat.page.getByRole('button', { name: 'Join', exact: true }).click();
  await chat.box.waitFor();
  // The room is drawn once more when the server has said what is unread.
  await eventually('the button is in the middle of the box', async () => {
    const box = await chat.box.boundingBox();
    const send = await chat.page.getByRole('button', { name: 'Send', exact: true }).boundingBox();
    const gaps = [send.y - box.y, box.y + box.height - send.y - send.height, box.x + box.width - send.x - send.width];
    assert.deepEqual(gaps.map(Math.round), [4, 4, 4]);
  });

  const title = await chat.page.locator('.title p').boundingBox();
  assert.ok(title.height < 24, `the topic has one line: ${title.height}`);
  await eventually('Copy takes no line', async () => {
    const code = await chat.log.getByRole('group', { name: 'Code' }).boundingBox();
    const copy = await chat.log.getByRole('button', { name: 'Copy', exact: true }).boundingBox();
    return copy.y >= code.y - 1 && copy.y + copy.height <= code.y + code.height + 1;
  });

  await chat.messages.first().locator('.author').waitFor();
  const session = await user.context.newCDPSession(chat.page);
  const { x, y } = await chat.messages.first().locator('.by').boundingBox();
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 120, y: y + 8 }] });
  await chat.dialog.getByRole('group', { name: 'Usual reactions' }).waitFor();
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  const sizes = await chat.dialog.getByRole('group').getByRole('button').evaluateAll((all) => all.map((one) => one.offsetWidth));
  assert.ok(Math.min(...sizes) >= 44 && Math.max(...sizes) - Math.min(...sizes) <= 1, `the reactions are as wide: ${sizes}`);
  await chat.page.keyboard.press('Escape');
  await chat.menu('Appearance');
  await chat.dialog.getByRole('heading', { name: 'Appearance' }).waitFor();
  await settle(chat.page);
  const edge = (await chat.dialog.getByRole('button', { name: 'Close' }).locator('..').boundingBox());
  for (const group of await chat.dialog.getByRole('group').all()) {
    const { x: left, width } = await group.locator('.modes').boundingBox();
    assert.ok(left + width <= edge.x + edge.width, 'the choices do not stick out');
  }
}));
