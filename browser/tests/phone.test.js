// The page under a finger: what is touched is large enough, a swipe moves the drawer, and the keyboard stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { DEADLINE_MS, eventually } from '../harness/eventually.js';
import { PHONE } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

/**
 * Returns what can be touched and is lower or narrower than 44 pixels. Links within a text are as high as its lines.
 */
const small = (page) => page.evaluate(() => {
  const all = [...document.querySelectorAll('button, a[href], select, input, [role=option]')];
  const top = document.querySelector('dialog[open]') ?? document.body;
  return all.filter((element) => {
    const target = element.closest('label') ?? element;
    const { width, height, left, right } = target.getBoundingClientRect();
    const isThere = element.checkVisibility({ visibilityProperty: true }) && width > 1 && right > 0 && left < innerWidth;
    const isInText = element.closest('.text, .by, .skip') || element.matches('.skip');
    return isThere && top.contains(element) && !element.closest('[inert]') && !isInText && (height < 43.5 || width < 43.5);
  }).map((element) => `${element.tagName} ${element.id} ${element.className} ${element.getAttribute('aria-label') ?? element.textContent}`);
});

/** Swipes within a tenth of a second, however long the machine takes. */
async function swipe(chat, from, to) {
  const session = await chat.page.context().newCDPSession(chat.page);
  let timestamp = Date.now() / 1000;
  const touch = (type, points) => session.send('Input.dispatchTouchEvent', {
    type, timestamp: timestamp += 0.02, touchPoints: points.map(([x, y]) => ({ x, y })),
  });
  await touch('touchStart', [from]);
  for (const part of [0.25, 0.5, 0.75, 1]) {
    await touch('touchMove', [[from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]]);
  }
  await touch('touchEnd', []);
}

test('whatever is touched is at least 44 pixels high and wide', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('hello');
  const chat = await (await person(PHONE)).tab();
  const wrong = [];
  const look = async (state) => { for (const what of await small(chat.page)) wrong.push(`${state}: ${what}`); };
  for (const how of ['Sign in', 'New account', 'Guest']) {
    await chat.door.getByRole('radio', { name: how }).check();
    await look(`door ${how}`);
  }
  await chat.enterAsGuest('alice');
  await chat.hears('hello');
  await look('chat');
  await chat.openMenu();
  await chat.page.getByRole('button', { name: / Account menu$/ }).click();
  await chat.page.getByRole('button', { name: 'Appearance', exact: true }).waitFor();
  await look('drawer');
  await chat.page.getByRole('button', { name: 'Account', exact: true }).click();
  await chat.dialog.getByRole('heading', { name: 'Leave for good' }).waitFor();
  await look('account');
  await chat.page.keyboard.press('Escape');
  await chat.openMenu();
  await chat.menu('Appearance');
  await chat.dialog.getByRole('heading', { name: 'Appearance' }).waitFor();
  await look('appearance');
  await chat.page.keyboard.press('Escape');
  await chat.page.keyboard.press('Control+k');
  await chat.dialog.getByRole('option').first().waitFor();
  await look('palette');
  assert.deepEqual(wrong, []);
}));

test('a swipe opens and closes the drawer, and one across code scrolls the code', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say(`\`\`\`\n${'wide '.repeat(60)}\n\`\`\``);
  const chat = await (await person(PHONE)).tab();
  await chat.enterAsGuest('alice');
  const menu = chat.page.getByRole('button', { name: /^Menu/ });
  const isOpen = async () => (await menu.getAttribute('aria-expanded')) === 'true';
  await swipe(chat, [100, 200], [260, 210]);
  await eventually('it is open', isOpen);
  await swipe(chat, [250, 200], [80, 205]);
  await eventually('it is closed', async () => !await isOpen());
  await swipe(chat, [100, 120], [120, 400]);
  const code = chat.log.locator('pre').first();
  await code.evaluate((element) => { element.scrollLeft = 200; });
  const { x, y, height } = await code.boundingBox();
  await swipe(chat, [x + 60, y + height / 2], [x + 220, y + height / 2]);
  assert.equal(await isOpen(), false);
}));

test('the keyboard stays when a message is sent, and the day floats only while the log is scrolled', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 60 }, (_, n) => `line ${n}`));
  const chat = await (await person(PHONE)).tab();
  await chat.enterAsGuest('alice');
  await chat.log.locator('[data-seq="60"]').waitFor();
  await chat.box.fill('hello');
  await chat.box.focus();
  await chat.page.getByRole('button', { name: 'Send', exact: true }).click();
  await chat.hears('hello');
  assert.ok(await chat.box.evaluate((box) => box === document.activeElement));
  const floats = () => chat.log.locator('.day').first().evaluate((day) => getComputedStyle(day).position);
  await eventually('it lies', async () => (await floats()) === 'static');
  // For a second, which only the page itself is sure not to miss.
  const hasFloated = await chat.log.evaluate(async (log, deadlineMs) => {
    const begun = performance.now();
    log.scrollTop -= 200;
    while (performance.now() - begun < deadlineMs) {
      if (getComputedStyle(log.querySelector('.day')).position === 'sticky') return true;
      await new Promise((done) => requestAnimationFrame(done));
    }
    return false;
  }, DEADLINE_MS);
  assert.ok(hasFloated, 'it floats');
  await eventually('it lies again', async () => (await floats()) === 'static');
}));

test('whatever scrolls leaves sideways swipes to the page, but for code', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('```\nlet it = be;\n```');
  const chat = await (await person(PHONE)).tab();
  await chat.enterAsGuest('alice');
  await chat.log.locator('pre').waitFor();
  const found = await chat.page.evaluate(() => {
    const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowY);
    const all = [...document.querySelectorAll('#chat, #chat *')].filter((element) => scrolls(element) && !element.matches('textarea'));
    return all.map((element) => [element.tagName, getComputedStyle(element).touchAction]);
  });
  assert.ok(found.length > 2, found.join());
  for (const [tag, action] of found) assert.equal(action, tag === 'PRE' ? 'manipulation' : 'pan-y pinch-zoom', tag);
}));
