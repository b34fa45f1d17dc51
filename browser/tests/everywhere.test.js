// What holds in every state of the page: on desktops and phones, light and dark.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { PHONE, settle, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';
import { TOUR_FAILURES, tour } from '../harness/tour.js';

for (const [screen, options] of [['screen', {}], ['phone', PHONE]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing wrong on a ${screen} in ${colorScheme}, and nothing sticks out`, { timeout: 600_000 }, scene(async ({ server, person }) => {
      const alice = await person({ ...options, colorScheme });
      alice.trouble.expectFailedRequests(...TOUR_FAILURES);
      const chat = await alice.tab();
      const wrong = [];
      let states = 0;
      await tour({
        server,
        chat,
        visit: async (state) => {
          states += 1;
          await settle(chat.page);
          await chat.shoot(`${screen} ${colorScheme} ${states} ${state}`.replaceAll(' ', '-'));
          for (const what of [...await violations(chat.page), ...await sticksOut(chat.page)]) wrong.push(`${state}: ${what}`);
        },
      });
      assert.deepEqual(wrong, []);
      assert.ok(states >= 18, `${states} states`);
    }));
  }
}

test('nothing moves if the user prefers reduced motion', { timeout: 600_000 }, scene(async ({ server, person }) => {
  const alice = await person({ reducedMotion: 'reduce' });
  alice.trouble.expectFailedRequests(...TOUR_FAILURES);
  const chat = await alice.tab();
  const moving = [];
  await tour({
    server,
    chat,
    visit: async (state) => {
      const found = await chat.page.evaluate(() => {
        const seconds = (times) => Math.max(...times.split(',').map(Number.parseFloat));
        const all = [...document.querySelectorAll('*')].filter((element) => element.checkVisibility());
        return all.filter((element) => {
          const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(element);
          return (animationName !== 'none' && seconds(animationDuration) > 0.01) || seconds(transitionDuration) > 0.01 || scrollBehavior === 'smooth';
        }).map((element) => `${element.tagName}#${element.id}.${element.className}`);
      });
      for (const what of found) moving.push(`${state}: ${what}`);
    },
  });
  assert.deepEqual(moving, []);
}));

test('nothing shifts while the page loads', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  await carol.sayAll(Array.from({ length: 60 }, (_, n) => `line ${n}`));
  const alice = await person();
  await alice.context.addInitScript(() => {
    globalThis.shifted = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        // An element without a former position has appeared, not moved.
        const moved = sources.filter(({ previousRect }) => previousRect.width > 0).map(({ node }) => node?.id || node?.nodeName);
        if (moved.length > 0) globalThis.shifted.push({ value, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const chat = await alice.tab();
  await chat.createAccount('alice', { keep: true });
  await chat.page.reload();
  await chat.hears('line 59');
  await chat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const shifted = await chat.page.evaluate(() => globalThis.shifted);
  const score = shifted.reduce((sum, { value }) => sum + value, 0);
  assert.ok(score < 0.01, JSON.stringify(shifted));
}));
