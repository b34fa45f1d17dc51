// Modules that are loaded when they are first used: what a first visit does not load, and failures.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { act } from '../harness/changing.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

const nameOf = (url) => /\/page\/[0-9a-f]{32}\/(.+\.js)/.exec(url)?.[1];

/** Returns a growing list of the modules that a context loads. */
function watch(context) {
  const loaded = [];
  context.on('request', (request) => nameOf(request.url()) && loaded.push(nameOf(request.url())));
  return loaded;
}

test('a stranger loads the form alone, and the chat at the first sign of use', scene(async ({ person }) => {
  const alice = await person();
  const loaded = watch(alice.context);
  // Its clock stands still: after a while it loads the chat by itself.
  await alice.context.clock.install({ time: 0 });
  await alice.context.clock.pauseAt(1000);
  const chat = await alice.tab();
  await chat.isOut();
  assert.deepEqual(loaded.filter((name) => /^(chat|log|later)\//.test(name)), []);
  await chat.door.getByRole('textbox', { name: 'Name' }).press('a');
  await eventually('the chat is loaded', () => loaded.includes('log/parts.js'));
  assert.equal(new Set(loaded).size, loaded.length, 'each once');
}));

test('a stranger who does nothing gets the chat after a while, before it is wanted', scene(async ({ person }) => {
  const alice = await person();
  const loaded = watch(alice.context);
  await alice.context.clock.install();
  const chat = await alice.tab();
  await chat.isOut();
  await alice.context.clock.runFor(5000);
  await eventually('the chat is loaded', () => loaded.includes('log/parts.js'));
}));

test('the rest is loaded once the chat is shown, so an update of the server does not take it away', scene(async ({ person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('404');
  const loaded = watch(alice.context);
  const chat = await alice.tab();
  await chat.enterAsGuest('alice');
  await eventually('it is loaded', () => ['changing', 'editor', 'finder', 'picker'].every((name) => loaded.includes(`later/${name}.js`)));
  await alice.context.route('**/later/*.js*', (route) => route.fulfill({ status: 404 }));
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
}));

test('a module that cannot be loaded is said to be missing, and loaded at the next use', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('404', 'ERR_FAILED');
  const loaded = watch(alice.context);
  let isAway = true;
  await alice.context.route('**/later/*.js*', (route) => (isAway ? route.abort() : route.continue()));
  const chat = await alice.tab();
  await chat.enterAsGuest('alice');
  await chat.say('helo');
  await chat.hears('helo');
  const alert = chat.page.getByRole('alert').filter({ hasText: 'This part of the page could not be loaded.' });
  await chat.page.getByRole('button', { name: 'Find or create a room' }).click();
  await alert.waitFor();
  await chat.say('and the chat goes on');
  await chat.hears('and the chat goes on');
  await alert.waitFor({ state: 'hidden' });
  // Until the alert is there, whatever is typed goes to the edit box.
  await chat.box.press('ArrowUp');
  await alert.waitFor();
  await chat.say('and on');
  await chat.hears('and on');
  await eventually('the page has tried all by itself', () => loaded.includes('later/mentions.js'));
  isAway = false;
  await act(chat, 'helo', 'Edit');
  await chat.page.getByRole('textbox', { name: 'Edit message' }).fill('hello');
  await chat.page.getByRole('button', { name: 'Save' }).click();
  await chat.hears('hello');
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.post('/rooms', { name: 'lobby' });
  await chat.findRoom('lobby');
}));
