// The message box: how typing reaches it, which files it refuses, code that is pasted, and the drafts that it keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PASSWORD } from '../harness/chat.js';
import { eventually } from '../harness/eventually.js';
import { settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

async function cast(server, person, options) {
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const room = await bob.post('/rooms', { name: 'ops' });
  const alice = await Caller.connect(server, { username: 'alice', password: PASSWORD });
  await alice.post(`/room/${room.id}/join`);
  const chat = await (await person()).tab();
  await chat.signIn('alice', options);
  return { bob, chat };
}

/** Drops or pastes a file, and returns whether the page prevents what the browser would do. */
const bring = (chat, event, more = {}) => chat.page.evaluate(([event, more]) => {
  const data = new DataTransfer();
  data.items.add(new File(['x'], 'plan.png', { type: 'image/png' }));
  for (const [type, text] of Object.entries(more)) data.setData(type, text);
  const about = { bubbles: true, cancelable: true };
  const happened = event === 'paste' ? new ClipboardEvent(event, { ...about, clipboardData: data })
    : new DragEvent(event, { ...about, dataTransfer: data });
  return !document.querySelector('#log').dispatchEvent(happened);
}, [event, more]);

test('typing leads into the box, but not from a dialog, and not with a shortcut', scene(async ({ server, person }) => {
  const { chat } = await cast(server, person);
  const { page } = chat;
  await page.getByRole('button', { name: 'Rooms', exact: true }).focus();
  await page.keyboard.type('hello there');
  assert.equal(await chat.box.inputValue(), 'hello there');
  await chat.link('#ops').focus();
  await page.keyboard.press('Space');
  assert.equal(await chat.box.inputValue(), 'hello there', 'the space bar is for buttons and for scrolling');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await help.waitFor();
  await page.keyboard.type('x');
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
  assert.equal(await chat.box.inputValue(), 'hello there');
}));

test('letters are shortcuts on a message that has the focus, and typed on what is in it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('see https://a.example/\n```code```');
  await carol.put('/room/1/messages/1/reactions/%F0%9F%8E%89');
  const alice = await (await person()).tab();
  await alice.createAccount('alice');
  const { keyboard } = alice.page;
  const row = alice.messages.first();
  const inside = [row.getByRole('link', { name: 'https://a.example/' }), row.getByRole('button', { name: /^🎉 1/u }), row.getByRole('group', { name: 'Code' })];
  let typed = '';
  for (const node of inside) {
    for (const key of ['l', 'u', 'r', 'e', '+']) {
      await node.focus();
      await keyboard.press(key);
      typed += key;
      assert.equal(await alice.box.inputValue(), typed);
    }
  }
  assert.equal(await alice.page.getByText('Reply to carol').isVisible(), false);
  await alice.box.fill('');
  await alice.log.focus();
  await keyboard.press('Enter');
  await keyboard.press('r');
  await alice.page.getByText(/^Reply to carol/).waitFor();
}));

test('a file that is dropped or pasted is refused in a sentence, a table with its picture is not', scene(async ({ server, person }) => {
  const { chat } = await cast(server, person);
  const refusal = chat.page.getByRole('alert').filter({ hasText: 'Files cannot be sent here yet.' });
  assert.ok(!(await bring(chat, 'paste', { 'text/plain': 'a\tb' })));
  assert.equal(await refusal.count(), 0);
  assert.ok(await bring(chat, 'dragover'));
  assert.ok(await bring(chat, 'drop'));
  await refusal.waitFor();
  await chat.open('#ops');
  await refusal.waitFor({ state: 'hidden' });
  assert.ok(await bring(chat, 'paste'));
  await refusal.waitFor();
  assert.equal(await chat.box.inputValue(), '');
}));

test('a draft is marked in the sidebar, kept over a reload, and gone after the sign-out', scene(async ({ server, person }) => {
  const { chat } = await cast(server, person, { keep: true });
  await chat.open('#ops');
  await chat.box.fill('half a thought');
  await chat.open('#general');
  await chat.page.getByRole('link', { name: '#ops, draft', exact: true }).waitFor();
  await settle(chat.page);
  await chat.shoot('draft');
  assert.deepEqual(await violations(chat.page), []);
  await chat.page.reload();
  await chat.page.getByRole('link', { name: '#ops, draft', exact: true }).click();
  await chat.isAt('#ops');
  assert.equal(await chat.box.inputValue(), 'half a thought');
  await chat.page.getByRole('link', { name: '#ops', exact: true }).waitFor();
  await chat.signOut();
  await chat.isOut();
  const stored = await chat.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  assert.ok(!stored.includes('half a thought'));
}));

test('a user whose only tab closes is not online any more, and is again when it comes back', scene(async ({ server, person }) => {
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const user = await person();
  const chat = await user.tab();
  await chat.createAccount('alice', { keep: true });
  await chat.overhear();
  const isOnline = async () => (await bob.get('/users/alice')).online;
  const other = await user.tab();
  await other.isIn();
  await other.overhear();
  await chat.overhears('here');
  assert.equal(await isOnline(), true);
  const takenOver = other.page.waitForRequest(/\/poll\?/);
  await chat.page.goto('about:blank');
  await other.overhears('gone');
  await takenOver;
  assert.equal(await isOnline(), true, 'another tab is there');
  const closed = performance.now();
  await other.page.goto('about:blank');
  await eventually('she is gone', async () => !(await isOnline()));
  assert.ok(performance.now() - closed < 10_000, 'long before the minute is over');
  await chat.page.goto(server.url);
  await chat.isIn();
  await eventually('she is there again', isOnline);
}));

test('until the first answer, rows stand for what is not there', scene(async ({ server, person }) => {
  const { chat } = await cast(server, person, { keep: true });
  let release;
  const held = new Promise((done) => { release = done; });
  await chat.page.route(/\/status\?/, async (route) => { await held; await route.continue(); });
  await chat.page.reload();
  await eventually('the frame is there', () => chat.page.locator('#sidebar').isVisible());
  await settle(chat.page);
  await chat.shoot('skeleton');
  assert.ok(!/0 members/.test(await chat.page.locator('main#main').innerText()));
  assert.equal(await chat.log.getAttribute('aria-busy'), 'true');
  release();
  await chat.isIn();
  await eventually('the log is there', async () => (await chat.log.getAttribute('aria-busy')) === 'false');
}));

test('pasted code can be marked as such, which can be undone, and the offer goes with the text', scene(async ({ person }) => {
  const user = await person({ permissions: ['clipboard-read', 'clipboard-write'] });
  const chat = await user.tab();
  await chat.createAccount('alice');
  const code = Array.from({ length: 20 }, (_, n) => `fn f${n}() {\n    g();\n}`).join('\n');
  const mark = chat.page.getByRole('button', { name: 'Mark as code' });
  const { keyboard } = chat.page;
  const paste = async (text) => {
    await chat.page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await keyboard.press('Control+v');
  };
  await chat.box.pressSequentially('See');
  await paste(code);
  await chat.page.getByText('You pasted 60 lines. Are they code?').waitFor();
  await settle(chat.page);
  assert.deepEqual([...await violations(chat.page), ...await sticksOut(chat.page)], []);
  const [toast, box] = [await mark.boundingBox(), await chat.box.boundingBox()];
  assert.ok(toast.y + toast.height <= box.y, 'it covers nothing of the text');
  assert.ok(await bring(chat, 'paste'));
  const refusal = chat.page.getByRole('alert').filter({ hasText: 'Files cannot be sent here yet.' });
  await refusal.waitFor();
  const [above, below] = [await refusal.boundingBox(), await chat.page.getByRole('status').filter({ has: mark }).boundingBox()];
  assert.ok(above.y + above.height <= below.y, `a refusal is not covered: ${above.y} + ${above.height} <= ${below.y}`);
  await mark.click();
  await mark.waitFor({ state: 'detached' });
  const fence = '\x60'.repeat(3);
  assert.equal(await chat.box.inputValue(), `See\n${fence}\n${code}\n${fence}`);
  assert.ok(await chat.box.evaluate((box) => box.scrollTop + box.clientHeight > box.scrollHeight - 2), 'its end is shown');
  await keyboard.press('Control+z');
  assert.equal(await chat.box.inputValue(), `See${code}`);
  await keyboard.press('Control+Shift+z');
  await keyboard.press('Enter');
  await chat.log.getByRole('group', { name: 'Code' }).waitFor();
  await paste(code);
  await mark.waitFor();
  await keyboard.press('Enter');
  await mark.waitFor({ state: 'detached' });
  await paste('Good morning,\nhow are you\nand what are you doing?');
  await eventually('it is there', async () => /Good morning/.test(await chat.box.inputValue()));
  assert.equal(await mark.count(), 0);
}));
