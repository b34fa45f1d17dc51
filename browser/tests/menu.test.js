// The menu behind the user's name: appearance, which a reload keeps, and the help with the keys of a Mac.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

const look = (page) => page.evaluate(() => {
  const { theme, density } = document.documentElement.dataset;
  return [theme, density, getComputedStyle(document.body).backgroundColor, getComputedStyle(document.documentElement).fontSize].join(' ');
});

test('the look is chosen, takes effect at once and in other tabs, and is there before the first paint of a reload', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person({ colorScheme: 'light' });
  const chat = await user.tab();
  await chat.createAccount('alice', { keep: true });
  await carol.say('hello');
  await chat.hears('hello');
  const other = await user.tab();
  await other.isIn();
  assert.match(await look(chat.page), /^light roomy .* 16px$/);
  await chat.menu('Appearance');
  const pick = (name) => chat.dialog.getByRole('radio', { name, exact: true }).check();
  await pick('Dark');
  await pick('Compact');
  assert.match(await look(chat.page), /^dark compact rgb\(24, 26, 25\) 14px$/);
  await eventually('the other tab follows', async () => /^dark compact/.test(await look(other.page)));
  const time = () => chat.message('hello').locator('time').first().textContent();
  await pick('12 hours');
  await eventually('times are in 12 hours', async () => /[ap]m/i.test(await time()));
  await pick('24 hours');
  await eventually('times are in 24 hours', async () => /^\d\d:\d\d$/.test(await time()));
  await settle(chat.page);
  await chat.shoot('appearance');
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  // Before the modules.
  await user.context.route('**/main.js', () => {});
  await chat.page.goto(chat.page.url(), { waitUntil: 'commit' });
  await chat.page.reload({ waitUntil: 'commit' });
  await eventually('the look is there', async () => /^dark compact rgb\(24, 26, 25\) 14px$/.test(await look(chat.page)));
}));

test('without a choice, the look is the system\'s, and follows it', scene(async ({ person }) => {
  const chat = await (await person({ colorScheme: 'dark' })).tab();
  await chat.isOut();
  assert.match(await look(chat.page), /^dark roomy/);
  await chat.page.emulateMedia({ colorScheme: 'light' });
  await eventually('it follows', async () => /^light/.test(await look(chat.page)));
}));

test('the menu closes when Tab leaves it, and an empty one takes no keys', scene(async ({ person }) => {
  const chat = await (await person()).tab();
  await chat.enterAsGuest('alice');
  const { keyboard } = chat.page;
  const name = chat.page.getByRole('button', { name: / Account menu$/ });
  const isOpen = async () => (await name.getAttribute('aria-expanded')) === 'true';
  const focused = () => chat.page.evaluate(() => document.activeElement.textContent);
  await name.press('Enter');
  await keyboard.press('Shift+Tab');
  assert.ok(!(await isOpen()), 'it is left upwards');
  await name.press('Enter');
  await keyboard.press('ArrowUp');
  assert.equal(await focused(), 'Sign out');
  await keyboard.press('Tab');
  assert.ok(await isOpen(), 'its button is a part of it');
  await keyboard.press('ArrowUp');
  assert.equal(await focused(), 'Sign out', 'the last one, from the button');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  assert.ok(!(await isOpen()), 'it is left downwards');
  assert.equal(await focused(), '?');
  await chat.page.locator('#account-menu button').evaluateAll((buttons) => buttons.forEach((button) => { button.hidden = true; }));
  await name.press('Enter');
  await name.press('ArrowDown');
  await name.press('Escape');
  assert.ok(!(await isOpen()));
}));

test('the menu closes by a click elsewhere, and the help names the keys of a Mac', scene(async ({ person }) => {
  const user = await person();
  await user.context.addInitScript(() => Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' }));
  const chat = await user.tab();
  await chat.enterAsGuest('alice');
  const name = chat.page.getByRole('button', { name: / Account menu$/ });
  await name.click();
  await chat.page.getByRole('button', { name: 'Appearance' }).waitFor();
  await settle(chat.page);
  assert.deepEqual(await violations(chat.page), []);
  await chat.shoot('account-menu');
  await chat.title.click();
  await eventually('it is closed', async () => (await name.getAttribute('aria-expanded')) === 'false');
  await chat.page.getByRole('button', { name: 'Help' }).click();
  const keys = await chat.dialog.locator('kbd').allTextContents();
  assert.ok(keys.includes('⌘') && keys.includes('⌥') && !keys.includes('Ctrl') && !keys.includes('Alt'), keys.join(' '));
  assert.equal(await chat.dialog.getByRole('checkbox').count(), 0);
  // ⌥M types µ there, so that the list of mentions takes Ctrl as well.
  await chat.dialog.getByText('⌃⌥').waitFor();
  await chat.page.keyboard.press('Escape');
  for (const [ctrlKey, isTaken] of [[false, false], [true, true]]) {
    const event = { key: 'µ', code: 'KeyM', altKey: true, ctrlKey, bubbles: true, cancelable: true };
    assert.equal(await chat.box.evaluate((box, event) => !box.dispatchEvent(new KeyboardEvent('keydown', event)), event), isTaken);
  }
  await chat.page.getByRole('dialog', { name: 'Mentions' }).waitFor();
}));
