// The page behind a proxy that serves it under a sub-path.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { Proxy } from '../harness/proxy.js';
import { scene } from '../harness/scene.js';

test('the page works under a sub-path, and requests nothing outside it', scene(async ({ server, person, t }) => {
  const proxy = await Proxy.start(server);
  t.after(() => proxy.stop());
  const carol = await Caller.connect(server, { username: 'carol' });
  const chat = await (await person()).tab(proxy.url);
  await chat.createAccount('alice', { keep: true });
  await carol.say('hello');
  await chat.hears('hello');
  await chat.createRoom('lobby');
  await chat.isAt('#lobby');
  await chat.say('in the lobby');
  await chat.hears('in the lobby');
  await chat.findPerson('carol');
  assert.equal(chat.page.url(), `${proxy.url}#/direct/carol`);
  await chat.page.reload();
  await chat.isAt('carol');
  await chat.page.goBack();
  await chat.isAt('#lobby');
  await chat.signOut();
  await chat.isOut();
  assert.equal(chat.page.url(), proxy.url);
  assert.deepEqual(proxy.strays, []);
}));
