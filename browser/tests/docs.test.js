// The API description as a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PHONE, sticksOut, violations } from '../harness/inspection.js';
import { scene } from '../harness/scene.js';

for (const [screen, options] of [['screen', { colorScheme: 'light' }], ['phone', { ...PHONE, colorScheme: 'dark' }]]) {
  test(`/docs names the calls, needs no other host, and has nothing wrong on a ${screen}`, scene(async ({ server, person }) => {
    const developer = await person(options);
    const hosts = new Set();
    developer.context.on('request', (request) => hosts.add(new URL(request.url()).origin));
    const { page } = await developer.tab('/docs');
    for (const call of ['/connect', '/poll', '/room/{id}/messages']) {
      assert.ok((await page.getByText(call).count()) > 0, call);
    }
    assert.deepEqual([...hosts], [server.url]);
    assert.deepEqual([...await violations(page), ...await sticksOut(page)], []);
  }));
}
