// Names in texts: completed while they are typed, and drawn if they are real.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

test('only real names are drawn as mentions, and a room is a link that opens it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await Caller.connect(server, { username: 'bob' });
  await carol.post('/rooms', { name: 'lobby' });
  await carol.say('@bob @nobody @alice see #lobby and #nowhere, `@bob` `#lobby`');
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await carol.say('@Alice: look');
  await alice.hears('@Alice: look');
  const [first, second] = [alice.texts.first(), alice.texts.last()];
  await eventually('real users are marked', async () =>
    (await first.locator('.mention').allInnerTexts()).join() === '@bob,@alice');
  assert.deepEqual(await second.locator('mark').allInnerTexts(), ['@Alice']);
  await first.getByRole('link', { name: '#lobby' }).waitFor();
  assert.equal(await first.getByRole('link').count(), 1);
  await first.getByRole('link', { name: '#lobby' }).click();
  await alice.isAt('#lobby');
}));

test('names of users and rooms are completed while they are typed', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const boris = await Caller.connect(server, { username: 'boris', password: 'correct horse' });
  await boris.patch('/me', { display_name: 'Борис' });
  await Caller.connect(server, { username: 'bob' });
  await carol.post('/rooms', { name: 'lobby' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const { keyboard } = alice.page;
  const list = alice.page.getByRole('listbox');
  const option = (name) => list.getByRole('option', { name });
  await alice.box.focus();
  await keyboard.type('hi @bo');
  await option(/^@boris/).waitFor();
  assert.deepEqual(await violations(alice.page), []);
  await alice.shoot('completion');
  const active = () => alice.box.getAttribute('aria-activedescendant');
  assert.equal(await active(), 'completion-bob');
  await keyboard.press('ArrowDown');
  assert.equal(await active(), 'completion-boris');
  await keyboard.press('Tab');
  assert.equal(await alice.box.inputValue(), 'hi @boris ');
  assert.equal(await list.count(), 0);
  await keyboard.type('@Бор');
  await option(/^@boris/).waitFor();
  await keyboard.press('Enter');
  assert.equal(await alice.box.inputValue(), 'hi @boris @boris ');
  await keyboard.type('#lo');
  await option(/^#lobby/).waitFor();
  await keyboard.press('Escape');
  assert.equal(await list.count(), 0);
  await keyboard.type('b');
  await option(/^#lobby/).click();
  await keyboard.type('a@b @bob');
  // Nothing is left to complete: Enter sends.
  await keyboard.press('Enter');
  await alice.hears('hi @boris @boris #lobby a@b @bob');
  // In the box that edits a message, too.
  await alice.box.press('ArrowUp');
  const editor = alice.page.getByRole('textbox', { name: 'Edit message' });
  await editor.fill('@car');
  await option(/^@carol/).click();
  assert.equal(await editor.inputValue(), '@carol ');
}));

test('what has just come rises, and the history does not', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  for (const text of ['one', '🎉🎉']) await carol.say(text);
  const alice = await (await person()).tab();
  await alice.page.evaluate(() => {
    globalThis.risen = [];
    addEventListener('animationstart', ({ animationName, target }) => {
      if (animationName === 'rise') globalThis.risen.push(target.querySelector('.text').textContent);
    });
  });
  await alice.createAccount('alice');
  await alice.hears('🎉🎉');
  await carol.say('three');
  await alice.hears('three');
  // An answer that comes before the next frame takes the place of what would rise.
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await alice.page.route(/messages$/, async (route) => { await held; await route.continue(); });
  await alice.say('four');
  await eventually('the new ones have risen', () => alice.page.evaluate(() => globalThis.risen.join() === 'three,four'));
  release();
  await alice.hears('four');
  const sizes = await alice.texts.evaluateAll((all) => all.map((text) => Number.parseFloat(getComputedStyle(text).fontSize)));
  assert.equal(sizes[1], 2 * sizes[0], 'emoji alone are large');
}));
