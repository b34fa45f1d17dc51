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

test('a page that never gets its modules says so', scene(async ({ person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('404', 'dynamically imported module');
  await alice.context.addInitScript(() => { if (location.port) sessionStorage.setItem('linger.reloads', '10'); });
  await alice.context.route('**/main.js', (route) => route.fulfill({ status: 404 }));
  const { page } = await alice.tab();
  await page.getByRole('alert').filter({ hasText: 'This page could not be loaded.' }).waitFor();
}));

test('a page does not reload while its form is filled in', scene(async ({ server, person }) => {
  const alice = await person();
  alice.trouble.expectFailedRequests('404', 'dynamically imported module');
  const loads = [];
  alice.context.on('request', (request) => {
    if (request.url() === `${server.url}/` && request.method() === 'GET') loads.push(request);
  });
  await alice.context.route('**/chat/chat.js', (route) => {
    if (loads.length > 1) return route.continue();
    return route.fulfill({ status: 404 });
  });
  await alice.context.clock.install();
  const chat = await alice.tab();
  // The name first: an empty form may be reloaded two seconds after the first sign of use.
  await chat.page.getByRole('textbox', { name: 'Name' }).fill('alice');
  await chat.page.getByRole('radio', { name: 'Guest' }).check();
  await alice.context.clock.runFor(20_000);
  assert.equal(await chat.page.getByRole('textbox', { name: 'Name' }).inputValue(), 'alice');
  assert.equal(loads.length, 1);
  await alice.context.clock.resume();
  await chat.page.getByRole('button', { name: 'Enter as a guest' }).click();
  await chat.page.getByRole('heading', { name: '#general' }).waitFor();
  assert.equal(loads.length, 2);
}));
