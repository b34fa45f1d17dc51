// A page during a rolling update: index.html comes from a node of one version, its modules from a node of another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scene } from '../harness/scene.js';

test('a page reloads until all its modules are of one version', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('404', 'dynamically imported module');
  const loads = [];
  await alice.context.route(`${server.url}/`, async (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    const hash = /page\/([0-9a-f]{32})\//.exec(await response.text())[1];
    loads.push(hash);
    if (loads.length > 1) return route.fulfill({ response });
    const body = (await response.text()).replaceAll(hash, '0'.repeat(32));
    await route.fulfill({ response, body });
  });
  const chat = await alice.tab();
  await chat.enterAsGuest('alice');
  assert.equal(loads.length, 2);
}));
