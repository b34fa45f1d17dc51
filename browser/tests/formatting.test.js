// Messages with marks: what is drawn, and what is copied.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const CODE = '```js\nlet a = "*b* <b>c</b> @alice";\n\n  next();\n```';

test('marks are drawn as elements, and the text stays as typed', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const texts = ['*bold* **too** _italic_ ~~struck~~ `code` 2*3*4', '- one\n- two *three*\n\n> quoted', '[words](https://example.com/a)'];
  for (const text of [...texts, CODE]) await carol.say(text);
  await alice.hears(CODE);
  assert.deepEqual(await alice.heard(), [...texts, CODE]);
  const drawn = (tag) => alice.texts.locator(tag).allInnerTexts();
  assert.deepEqual(await drawn('strong'), ['bold', 'too', 'three']);
  assert.deepEqual([await drawn('em'), await drawn('s'), (await drawn('code'))[0]], [['italic'], ['struck'], 'code']);
  assert.deepEqual((await drawn('li')).map((item) => item.trim()), ['one', 'two three']);
  assert.deepEqual(await drawn('blockquote'), ['quoted']);
  assert.equal(await alice.texts.getByRole('link', { name: 'words' }).getAttribute('href'), 'https://example.com/a');
  assert.equal(await alice.texts.locator('b, mark').count(), 0, 'code is text');
  // A reply quotes it without marks.
  await carol.post('/room/1/messages', { text: 'indeed', reply_to: 1 });
  await alice.message('indeed').getByRole('button', { name: 'In reply to carol: bold too italic struck code 2*3*4' }).waitFor();
}));

test('code is copied by a button, and what is selected as it was typed', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const user = await person();
  await user.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const alice = await user.tab();
  await alice.createAccount('alice');
  await carol.say(`${CODE}\nis *good*`);
  await alice.hears(`${CODE}\nis *good*`);
  const code = alice.messages.getByRole('group', { name: 'Code' });
  await code.focus();
  assert.ok(await code.evaluate((node) => node === document.activeElement), 'it can be scrolled by keys');
  const copied = () => alice.page.evaluate(() => navigator.clipboard.readText());
  await code.hover();
  await alice.messages.getByRole('button', { name: 'Copy', exact: true }).click();
  await eventually('the code is copied', async () => (await copied()) === 'let a = "*b* <b>c</b> @alice";\n\n  next();');
  await alice.texts.first().evaluate((text) => getSelection().selectAllChildren(text));
  await alice.page.keyboard.press('Control+c');
  await eventually('the text is copied', async () => (await copied()) === `${CODE}\nis *good*`);
}));

test('what a reply quotes keeps its direction, and stands after the name', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('שלום?');
  await carol.post('/room/1/messages', { text: 'yes', reply_to: 1 });
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  await alice.message('שלום?').first().click();
  await alice.page.getByRole('button', { name: 'Reply', exact: true }).click();
  const isInOrder = (words) => words.evaluate((node) => {
    const [colon, text] = [document.createRange(), document.createRange()];
    colon.setStart(node.firstChild, node.firstChild.data.length - 2);
    colon.setEnd(node.firstChild, node.firstChild.data.length - 1);
    text.selectNodeContents(node.lastChild);
    return getComputedStyle(node.lastChild).direction === 'rtl' &&
      colon.getBoundingClientRect().right <= text.getBoundingClientRect().left;
  });
  assert.ok(await isInOrder(alice.message('yes').locator('.quote span').last()), 'above the reply');
  assert.ok(await isInOrder(alice.page.locator('#replying-to')), 'above the message box');
}));

test('a long message that was not sent can be shown whole, and stays', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('400');
  const chat = await user.tab();
  await chat.enterAsGuest('alice');
  await chat.page.route(/messages$/, (route) => (route.request().method() === 'POST' ? route.fulfill({
    status: 400,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: '/problems/bad-input', title: 'Bad input', status: 400, detail: 'No.' }),
  }) : route.continue()));
  await chat.say(Array.from({ length: 60 }, (_, n) => `line ${n}`).join('\n'));
  const failed = chat.log.locator('[data-state=failed]');
  await failed.getByRole('button', { name: 'Show all' }).click();
  await failed.getByRole('button', { name: 'Show less' }).waitFor();
  assert.equal(await failed.count(), 1);
  await failed.getByRole('button', { name: 'Retry' }).waitFor();
}));
