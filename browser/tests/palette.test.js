// Ctrl K: rooms and people as one list, by the keyboard, in any layout.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { PHONE, settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const options = (chat) => chat.dialog.getByRole('option').allInnerTexts();
const marked = (chat) => chat.dialog.getByRole('combobox').evaluate((input) => {
  const row = document.getElementById(input.getAttribute('aria-activedescendant'));
  return row.getAttribute('aria-selected') === 'true' ? row.querySelector('.name').textContent : '';
});

test('unread and recent ones come first, and the arrow keys mark a row', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await carol.tell('alice', 'psst');
  await eventually('it is unread', async () => (await chat.unread('carol')) === 1);
  await chat.page.keyboard.press('Control+k');
  await eventually('all are listed', async () => (await options(chat)).length === 2);
  assert.match((await options(chat))[0], /carol\s+guest · 1 unread/);
  assert.equal(await marked(chat), 'carol');
  await chat.page.keyboard.press('ArrowDown');
  assert.equal(await marked(chat), '#lobby');
  await chat.page.keyboard.press('ArrowDown');
  assert.equal(await marked(chat), 'carol', 'it goes round');
  await settle(chat.page);
  await chat.shoot('palette');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await chat.page.keyboard.type('lboby');
  await eventually('a slip is forgiven', async () => (await marked(chat)) === '#lobby');
  await chat.page.keyboard.press('Enter');
  await chat.isAt('#lobby');
}));

test('the last row creates a room, if there is none of that name', scene(async ({ person }) => {
  const chat = await (await person(PHONE)).tab();
  await chat.createAccount('alice');
  await chat.page.keyboard.press('Control+k');
  await chat.dialog.getByRole('combobox').fill('general');
  await eventually('it is there already', async () => (await options(chat)).length === 1);
  await chat.dialog.getByRole('combobox').fill('New Ideas');
  await chat.dialog.getByRole('option', { name: 'Create #new-ideas' }).waitFor();
  await settle(chat.page);
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  await chat.page.keyboard.press('Enter');
  await chat.isAt('#new-ideas');
}));

test('until the rooms are listed, Enter creates none of them again', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await chat.page.route(/\/rooms\?limit/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = chat.page.waitForRequest(/\/rooms\?limit/);
  await chat.page.keyboard.press('Control+k');
  await asked;
  await chat.dialog.getByRole('combobox').fill('lobby');
  await chat.page.keyboard.press('Enter');
  assert.deepEqual(await options(chat), []);
  release();
  await chat.isAt('#lobby');
}));

test('the key works in layouts without Latin letters, and guests are marked', scene(async ({ server, person }) => {
  await Caller.connect(server, { username: 'gina' });
  const chat = await (await person()).tab();
  await chat.createAccount('alice');
  await chat.page.evaluate(() => document.activeElement.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true })));
  await chat.dialog.getByRole('combobox').fill('@gi');
  await eventually('the guest is marked', async () => /guest/.test((await options(chat))[0]));
  assert.equal((await options(chat)).length, 1, 'people only');
  // Safari's input methods: this Enter ends a word, and is left to the box.
  const isLeft = await chat.dialog.getByRole('combobox').evaluate((box) => box.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })));
  assert.ok(isLeft, 'nothing is chosen');
  await chat.page.keyboard.press('Enter');
  await chat.isAt('gina');
}));
