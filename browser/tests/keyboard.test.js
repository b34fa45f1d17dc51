// Everything works without a mouse.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** Presses Tab until an element of this role and name has the focus. The focus has to be visible each time. */
async function tabTo(chat, target, key = 'Tab') {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await chat.page.keyboard.press(key);
    const seen = await chat.page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return { is: 'nothing', isVisible: true };
      const isMarked = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
      };
      // The focus of a radio button may be drawn by its label, that of a field by its surroundings.
      let around = element;
      for (let up = 0; up < 3 && around; up += 1, around = around.parentElement) {
        if (isMarked(around) || [...around.children].some((child) => up < 2 && isMarked(child))) return { is: element.outerHTML.slice(0, 80), isVisible: true };
      }
      return { is: element.outerHTML.slice(0, 80), isVisible: false };
    });
    assert.ok(seen.isVisible, `the focus is visible: ${seen.is}`);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`no way to ${target}`);
}

test('a user signs in, talks, changes rooms and signs out with the keyboard alone', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  const alice = await (await person()).tab();
  await alice.door.waitFor();
  const { page } = alice;
  const { keyboard } = page;

  const isChecked = alice.door.getByRole('radio', { checked: true });
  await tabTo(alice, isChecked);
  await keyboard.press('ArrowRight');
  await eventually('the next choice is checked', async () => alice.door.getByRole('radio', { name: 'New account' }).isChecked());
  await tabTo(alice, alice.door.getByRole('textbox', { name: 'Name' }));
  await keyboard.type('alice');
  await tabTo(alice, alice.door.getByRole('textbox', { name: 'Password', exact: true }));
  await keyboard.type(PASSWORD);
  await tabTo(alice, alice.door.getByRole('button', { name: 'Show password' }));
  await keyboard.press('Space');
  assert.equal(await alice.door.getByRole('textbox', { name: 'Password' }).getAttribute('type'), 'text');
  await keyboard.press('Space');
  await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  await alice.isIn();
  await eventually('the message box has the focus', () => alice.box.evaluate((box) => box === document.activeElement));

  await keyboard.type('first');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second');
  await keyboard.press('Enter');
  await alice.hears('first\nsecond');

  await keyboard.press('Control+k');
  await alice.dialog.waitFor();
  await keyboard.type('lobby');
  await alice.dialog.getByRole('option', { name: /^#lobby/ }).waitFor();
  await keyboard.press('Enter');
  await alice.isAt('#lobby');
  await tabTo(alice, page.getByRole('button', { name: 'Join', exact: true }), 'Shift+Tab');
  await keyboard.press('Enter');
  await page.getByRole('button', { name: 'Room menu' }).waitFor();
  await alice.link('#lobby').waitFor();
  await keyboard.press('Alt+ArrowUp');
  await alice.isAt('#general');
  await keyboard.press('Alt+ArrowDown');
  await alice.isAt('#lobby');
  await carol.say('hello');
  await eventually('the message is unread', async () => (await alice.unread('#general')) === 1);
  await keyboard.press('Alt+Shift+ArrowUp');
  await alice.isAt('#general');

  const help = page.getByRole('button', { name: 'Help' });
  await tabTo(alice, help, 'Shift+Tab');
  await keyboard.press('Enter');
  await alice.dialog.waitFor();
  await keyboard.press('Escape');
  await eventually('closing returns the focus', () => help.evaluate((button) => button === document.activeElement));
  await tabTo(alice, page.getByRole('button', { name: / Account menu$/ }), 'Shift+Tab');
  await keyboard.press('Enter');
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await eventually('the menu has the focus', async () => (await focused()) === 'Account');
  await keyboard.press('ArrowUp');
  assert.equal(await focused(), 'Sign out');
  await keyboard.press('Escape');
  assert.match(await focused(), / Account menu/);
  await keyboard.press('Enter');
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await alice.isOut();
}));

test('the first Tab stop skips the lists', scene(async ({ person }) => {
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  // To the top of the page, where a user starts.
  await alice.page.evaluate(() => {
    document.activeElement.blur();
    getSelection().setPosition(document.body, 0);
  });
  const focused = () => alice.page.evaluate(() => document.activeElement.textContent);
  const atBody = () => alice.page.evaluate(() => document.activeElement === document.body);
  do await alice.page.keyboard.press('Tab'); while (await atBody());
  assert.match(await focused(), /^Skip/);
  await alice.page.keyboard.press('Enter');
  await eventually('the message box has the focus', () => alice.box.evaluate((box) => box === document.activeElement));
}));

test('messages of others are announced to screen readers, the user\'s own are not', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.enterAsGuest('alice');
  await alice.page.evaluate(() => {
    globalThis.announced = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const live = (target.closest ? target : target.parentElement)?.closest('[aria-live]:not([aria-live=off]), [role=status]');
        if (live) globalThis.announced.push(live.textContent);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await alice.say('from me');
  await alice.hears('from me');
  await carol.say('can you hear me?');
  await eventually('the message is announced', () => alice.page.evaluate(() => globalThis.announced.some((text) => /carol.*can you hear me\?/s.test(text))));
  assert.ok(!(await alice.page.evaluate(() => globalThis.announced.some((text) => text.includes('from me')))));
}));
