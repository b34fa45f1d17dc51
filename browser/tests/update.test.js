// A page while the server is updated: its index.html is of one version, and the node that answers for its modules of another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scene } from '../harness/scene.js';

test('a page whose modules are of another version reloads, and has those of one', scene(async ({ server, person }) => {
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
