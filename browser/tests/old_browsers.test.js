// Browsers that lack something, or have it and refuse it: the page works all the same, or says why it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** What a browser may lack, as scripts that run before the page's own. */
const LACKS = {
  'AbortSignal.any and timeout': () => { delete AbortSignal.any; delete AbortSignal.timeout; },
  'URL.canParse, Array.at and throwIfAborted': () => {
    delete URL.canParse;
    delete Array.prototype.at;
    delete AbortSignal.prototype.throwIfAborted;
  },
  'a BroadcastChannel': () => { delete globalThis.BroadcastChannel; },
  'a BroadcastChannel that may be used': () => {
    globalThis.BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError'); } };
  },
  'locks': () => { Object.defineProperty(navigator, 'locks', { value: undefined }); },
  'storage': () => {
    for (const kind of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(globalThis, kind, { get() { throw new DOMException('no', 'SecurityError'); } });
    }
  },
  'notifications': () => { delete globalThis.Notification; },
};

for (const [what, remove] of Object.entries(LACKS)) {
  test(`the page works in a browser without ${what}`, scene(async ({ server, person }) => {
    const user = await person();
    await user.context.addInitScript(remove);
    const chat = await user.tab();
    await chat.enterAsGuest('alice', { keep: true });
    const carol = await Caller.connect(server, { username: 'carol' });
    await carol.say('look: https://example.com/a');
    await chat.hears('look: https://example.com/a');
    await chat.say('I see');
    await chat.hears('I see');
  }));
}

for (const [module, isFormShown] of [['main.js', false], ['dom.js', false], ['chat/sync.js', true]]) {
  test(`a browser that does not understand ${module} is told so`, scene(async ({ person }) => {
    const user = await person();
    const failures = [];
    user.context.on('console', (message) => failures.push(message.text()));
    await user.context.route(`**/${module}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\nclass { newer than { this` });
    });
    const { page, door } = await user.tab();
    await page.getByRole('alert').filter({ hasText: 'Use a newer browser.' }).waitFor();
    assert.equal(await door.isVisible(), isFormShown);
    user.trouble.forgive(/SyntaxError|^exception: $/);
  }));
}

test('a browser that runs no script of the page says so, without the help of one', scene(async ({ person }) => {
  const user = await person();
  user.trouble.expectFailedRequests('ERR_FAILED');
  await user.context.route('**/*.js', (route) => route.abort());
  const { page } = await user.tab();
  await page.getByRole('alert').filter({ hasText: 'use a newer browser' }).waitFor();
}));

test('six tabs without locks hold one poll, and send at once', scene(async ({ server, person }) => {
  const user = await person();
  await user.context.addInitScript(LACKS.locks);
  const first = await user.tab();
  await first.createAccount('alice', { keep: true });
  const tabs = [first];
  while (tabs.length < 7) {
    const tab = await user.tab();
    await tab.isIn();
    tabs.push(tab);
  }
  await eventually('one poll is held', async () => (await server.heldRequests()) === 1);
  const begun = performance.now();
  await tabs.at(-1).say('at once');
  for (const tab of tabs) await tab.hears('at once');
  // A poll would keep a connection for 25 seconds.
  assert.ok(performance.now() - begun < 20_000, 'no connection was missing');
  await first.page.close();
  await tabs.at(-1).say('and on');
  for (const tab of tabs.slice(1)) await tab.hears('and on');
  await eventually('another tab polls', async () => (await server.heldRequests()) === 1);
}));
