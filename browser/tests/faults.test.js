// Failing servers and networks: the state is shown, and no message is lost or duplicated.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { listenTo } from '../harness/announcements.js';
import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const AWAY = [
  'ERR_CONNECTION_REFUSED', 'ERR_CONNECTION_RESET', 'ERR_EMPTY_RESPONSE', 'ERR_INCOMPLETE_CHUNKED_ENCODING',
  'ERR_INTERNET_DISCONNECTED', 'ERR_NETWORK_CHANGED', 'ERR_SOCKET_NOT_CONNECTED',
];

async function aliceAndCarol(server, person) {
  const user = await person();
  user.trouble.expectFailedRequests(...AWAY);
  const chat = await user.tab();
  await chat.createAccount('alice');
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.say('before');
  await chat.hears('before');
  return { user, chat, carol };
}

/** The calls that send a message. */
const SENDING = /\/(send|send-private|messages)$/;

/** Clicks Retry on a message if it has failed. */
async function retryIfAsked(chat, text) {
  const retry = chat.message(text).first().getByRole('button', { name: 'Retry' });
  if (await retry.isVisible()) await retry.click({ timeout: 500 }).catch(() => {});
}

/** Waits until the page says that it is connected, or that it is offline. */
async function isConnected(chat, connected = true) {
  await eventually(`the state is ${connected ? 'Connected' : 'another'}`, async () => /^Connected/.test(await chat.state.first().textContent()) === connected);
}

const hasFocus = (locator) => locator.evaluate((node) => node === document.activeElement);

for (const [how, end] of [['stopped', 'stop'], ['killed', 'kill']]) {
  test(`a server that is ${how} and started again is noticed, and talked to again`, scene(async ({ server, person }) => {
    const { chat, carol } = await aliceAndCarol(server, person);
    await server[end]();
    await isConnected(chat, false);
    await chat.shoot(`server-${how}`);
    await server.startAgain();
    await carol.say('after');
    await chat.hears('after');
    await isConnected(chat);
    await chat.say('I heard');
    await chat.hears('I heard');
    assert.deepEqual(await chat.heard(), ['before', 'after', 'I heard']);
  }));
}

test('a message sent while the server is down is stored once', scene(async ({ server, person }) => {
  const { chat, carol } = await aliceAndCarol(server, person);
  await server.kill();
  await chat.say('into the void');
  const mine = chat.message('into the void');
  await mine.waitFor();
  await eventually('the message is not shown as sent', async () => ['sending', 'failed'].includes(await mine.getAttribute('data-state')));
  await chat.shoot('message-pending');
  await server.startAgain();
  await eventually('the message is sent, after a retry if needed', async () => {
    await retryIfAsked(chat, 'into the void');
    return (await mine.getAttribute('data-state')) === null && (await mine.getAttribute('data-seq')) !== null;
  });
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'into the void']);
  assert.deepEqual(await chat.heard(), ['before', 'into the void']);
}));

test('a lost answer does not duplicate a message', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('ERR_FAILED');
  // Twice, the server stores the message and the answer is lost.
  let lost = 0;
  const keys = [];
  await chat.page.route(SENDING, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    keys.push(await route.request().headerValue('Idempotency-Key'));
    if (lost >= 2) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await chat.say('once');
  await eventually('the message is sent', async () => {
    await retryIfAsked(chat, 'once');
    return lost === 2 && keys.length >= 3;
  });
  await chat.say('and on');
  await chat.hears('and on');
  assert.equal(new Set(keys.slice(0, 3)).size, 1, 'all attempts have one key');
  assert.ok(keys[0], 'the key is not empty');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'once', 'and on']);
  assert.deepEqual(await chat.heard(), ['before', 'once', 'and on']);
}));

test('a message whose answers are all lost is shown once, and never as failed', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('ERR_FAILED');
  let tries = 0;
  let areLost = true;
  await chat.page.route(SENDING, async (route) => {
    if (!areLost || route.request().method() !== 'POST') return route.continue();
    await route.fetch();
    tries += 1;
    return route.abort();
  });
  await chat.page.evaluate(() => {
    globalThis.failed = 0;
    new MutationObserver(() => { globalThis.failed += document.querySelectorAll('[data-state=failed]').length; })
      .observe(document.querySelector('[role=log]'), { subtree: true, childList: true, attributes: true });
  });
  await chat.say('lost and found');
  await chat.hears('lost and found');
  await eventually('the page has retried often enough', async () => tries >= 5);
  assert.equal(await chat.page.evaluate(() => globalThis.failed), 0);
  areLost = false;
  await chat.say('and on');
  await chat.hears('and on');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'lost and found', 'and on']);
  assert.deepEqual(await chat.heard(), ['before', 'lost and found', 'and on']);
}));

test('a message that failed without an answer is shown as sent once a poll brings it', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('ERR_FAILED');
  let isAway = true;
  await chat.page.route(SENDING, async (route) => {
    if (!isAway || route.request().method() !== 'POST') return route.continue();
    await route.fetch();
    return route.abort();
  });
  let goPolls;
  const held = new Promise((resolve) => { goPolls = resolve; });
  await chat.page.route(/\/poll\?/, async (route) => {
    if (isAway) return route.abort();
    await held;
    return route.continue();
  });
  await carol.say('the last that comes');
  await isConnected(chat, false);
  await chat.say('after all');
  await chat.message('after all').and(chat.page.locator('[data-state=failed]')).waitFor();
  isAway = false;
  goPolls();
  // Unless it has just tried by itself.
  await chat.page.getByRole('button', { name: 'Try now' }).click({ timeout: 1000 }).catch(() => {});
  await chat.hears('after all');
  await eventually('the message is shown once', async () => (await chat.message('after all').count()) === 1);
  assert.equal((await carol.history()).filter(({ text }) => text === 'after all').length, 1);
}));

test('an unsent message survives a reload, and is then sent once', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('ERR_FAILED');
  const keys = [];
  let arrives = false;
  await chat.page.route(SENDING, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    keys.push(await route.request().headerValue('Idempotency-Key'));
    return arrives ? route.continue() : route.abort();
  });
  await chat.say('kept');
  await eventually('the page has tried', async () => keys.length > 0);
  await chat.page.reload();
  await chat.message('kept').and(chat.page.locator('[data-state]')).waitFor();
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before']);
  arrives = true;
  await eventually('the message is sent', async () => {
    await retryIfAsked(chat, 'kept');
    return (await chat.message('kept').count()) === 1 && (await chat.message('kept').getAttribute('data-state')) === null;
  });
  assert.equal(new Set(keys).size, 1, 'the key survives the reload');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'kept']);
  assert.deepEqual(await chat.heard(), ['before', 'kept']);
}));

test('a refused message shows the reason, and can be retried or removed', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('400', '429', '500');
  let refuse = true;
  await chat.page.route(SENDING, (route) => {
    if (!refuse || route.request().method() !== 'POST') return route.continue();
    return route.fulfill({
      status: 400,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: '/problems/bad-input', title: 'Bad input', status: 400, detail: 'The moon is in the wrong quarter.' }),
    });
  });
  const isAnnounced = await listenTo(chat);
  await chat.say('one');
  await chat.say('two');
  for (const text of ['one', 'two']) {
    await chat.message(text).and(chat.page.locator('[data-state=failed]')).waitFor();
  }
  assert.match(await chat.message('one').innerText(), /moon/);
  // The two may be refused at the same moment: both are announced.
  for (const text of ['one', 'two']) await isAnnounced(`Not sent: ${text}. The moon is in the wrong quarter.`);
  await chat.shoot('message-failed');
  refuse = false;
  await chat.message('one').getByRole('button', { name: 'Retry' }).click();
  await eventually('the message box has the focus', () => hasFocus(chat.box));
  await chat.hears('one');
  await chat.message('two').getByRole('button', { name: 'Remove' }).click();
  await eventually('the message box has the focus', () => hasFocus(chat.box));
  await eventually('the message is removed', async () => (await chat.message('two').count()) === 0);
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'one']);
}));

test('a user\'s own message is shown before the server has it', scene(async ({ server, person }) => {
  const { chat } = await aliceAndCarol(server, person);
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await chat.page.route(SENDING, async (route) => {
    await held;
    await route.continue();
  });
  await chat.say('at once');
  await chat.message('at once').and(chat.page.locator('[data-state=sending]')).waitFor();
  assert.equal(await chat.box.inputValue(), '', 'the next message can be typed');
  go();
  await chat.hears('at once');
  assert.equal(await chat.message('at once').count(), 1);
}));

test('messages sent while the network is down are shown when it is back', scene(async ({ server, person }) => {
  const { user, chat, carol } = await aliceAndCarol(server, person);
  await user.context.setOffline(true);
  await isConnected(chat, false);
  await chat.shoot('offline');
  for (let n = 1; n <= 3; n += 1) await carol.say(`meanwhile ${n}`);
  await chat.say('from the tunnel');
  await user.context.setOffline(false);
  await chat.hears('meanwhile 3');
  await isConnected(chat);
  await eventually('what was typed is sent', async () => {
    await retryIfAsked(chat, 'from the tunnel');
    return (await carol.history()).filter(({ text }) => text === 'from the tunnel').length === 1;
  });
  await chat.hears('from the tunnel');
  const heard = await chat.heard();
  assert.deepEqual([...heard].sort(), ['before', 'from the tunnel', 'meanwhile 1', 'meanwhile 2', 'meanwhile 3']);
}));

test('a server with another database asks for a new sign-in, and nothing of the old one is left', scene(async ({ server, person }) => {
  const { chat, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('401', '410', '404');
  await server.replaceDatabase();
  await chat.isOut();
  await chat.createAccount('alice');
  await chat.isAt('#general');
  assert.deepEqual(await chat.heard(), []);
}));

test('a restored database is shown as it is, and the user stays signed in', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  const answers = [];
  chat.page.on('response', (response) => answers.push(response.status()));
  user.trouble.expectFailedRequests(...AWAY, '410');
  await server.backUpDatabase();
  await carol.say('lost with the disk');
  await chat.hears('lost with the disk');
  await server.restoreDatabase();
  await eventually('the cursor was refused', async () => answers.includes(410));
  await eventually('only the old message is shown', async () => (await chat.heard()).join() === 'before');
  await isConnected(chat);
  await carol.say('after');
  await chat.hears('after');
  await chat.say('I am still here');
  await chat.hears('I am still here');
  assert.deepEqual(await chat.heard(), ['before', 'after', 'I am still here']);
}));

/** The calls that the page makes on its own. */
const CALLS = /\/(poll|status|users|me\/token)\b/;

/** Ends the session as an administrator would: the page's next call is refused. */
async function cutOff(chat) {
  await chat.page.route(CALLS, (route) => route.fulfill({
    status: 401,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: '/problems/unauthorized', title: 'Unauthorized', status: 401 }),
  }));
  await chat.lookAway();
  await chat.lookAway(false);
  await chat.isOut();
  await chat.page.unroute(CALLS);
}

test('a draft survives the end of a session, for the same user only', scene(async ({ server, person }) => {
  const { chat, carol, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('401', '400');
  await chat.page.route(SENDING, (route) => (route.request().method() !== 'POST' ? route.continue() : route.fulfill({
    status: 400, contentType: 'application/problem+json', body: JSON.stringify({ type: '/problems/bad-input', title: 'Bad input', status: 400 }),
  })));
  await chat.say('refused so far');
  await chat.message('refused so far').and(chat.page.locator('[data-state=failed]')).waitFor();
  await chat.box.fill('half a thou');
  await cutOff(chat);

  await chat.createAccount('mallory');
  await chat.hears('before');
  assert.equal(await chat.box.inputValue(), '');
  assert.equal(await chat.message('refused so far').count(), 0);
  await chat.signOut();
  await chat.isOut();

  await chat.signIn('alice');
  await chat.message('refused so far').and(chat.page.locator('[data-state=failed]')).waitFor();
  assert.equal(await chat.box.inputValue(), 'half a thou');
  await chat.signOut();
  await chat.dialog.getByText('1 message was not sent').waitFor();
  await chat.dialog.getByRole('button', { name: 'Stay' }).click();
  await chat.page.unroute(SENDING);
  await chat.message('refused so far').getByRole('button', { name: 'Retry' }).click();
  await chat.hears('refused so far');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'refused so far']);
}));

test('what is written in a room that was left elsewhere is not said there', scene(async ({ server, person }) => {
  const { chat, user, carol } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('409');
  await chat.createRoom('den');
  await chat.isAt('#den');
  await carol.post('/room/2/join');
  const token = await chat.page.evaluate(() => JSON.parse(sessionStorage['linger.session']).token);
  await chat.box.fill('for members only');
  const left = await fetch(`${server.url}/room/2/leave`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  assert.equal(left.status, 204);
  // Answers that are young enough count.
  await chat.page.evaluate(() => {
    const { now } = performance;
    performance.now = () => now.call(performance) + 4000;
    // The poll may have taken the box away meanwhile.
    document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  });
  const failed = chat.message('for members only').and(chat.page.locator('[data-state=failed]'));
  await failed.getByText('You have left #den').waitFor();
  assert.deepEqual(await carol.history(2), []);
  await chat.page.getByRole('button', { name: 'Join' }).click();
  await chat.box.waitFor();
  await failed.getByRole('button', { name: 'Retry' }).click();
  await chat.hears('for members only');
  assert.equal((await carol.history(2)).length, 1);
}));

test('an error inside the server is no refusal of a message', scene(async ({ server, person }) => {
  const { chat, user, carol } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('500');
  let times = 0;
  await chat.page.route(SENDING, (route) => {
    times += 1;
    if (times > 2) return route.continue();
    return route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"type":"/problems/internal"}' });
  });
  await chat.say('in the end');
  await chat.hears('in the end');
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'in the end']);
}));

test('a message on its way when the user signs out arrives', scene(async ({ server, person }) => {
  const { chat, carol } = await aliceAndCarol(server, person);
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  await chat.page.route(SENDING, async (route) => {
    await held;
    await route.continue();
  });
  await chat.say('goodbye');
  await chat.message('goodbye').and(chat.page.locator('[data-state=sending]')).waitFor();
  await chat.signOut();
  go();
  await chat.isOut();
  assert.deepEqual((await carol.history()).map(({ text }) => text), ['before', 'goodbye']);
}));

test('closing a tab asks only while something is unsent', scene(async ({ server, person }) => {
  const { chat, user } = await aliceAndCarol(server, person);
  user.trouble.expectFailedRequests('ERR_FAILED');
  const asked = [];
  chat.page.on('dialog', (dialog) => asked.push(dialog.type()));
  await chat.say('sent');
  await chat.hears('sent');
  await chat.page.reload();
  await chat.hears('sent');
  assert.deepEqual(asked, []);
  await chat.page.route(SENDING, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
  await chat.say('unsent');
  await chat.message('unsent').waitFor();
  await chat.page.reload();
  assert.deepEqual(asked, ['beforeunload']);
}));
