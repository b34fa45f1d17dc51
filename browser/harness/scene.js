// A test with a server and people at browsers. It fails if a console shows an unexpected error or warning.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { launch, quit } from './browser.js';
import { Person } from './person.js';
import { Server } from './server.js';

after(quit);

/** Returns a test's body that gets a server and people: `async ({ server, person, t }) => …`. */
export function scene(play, settings) {
  return async (t) => {
    const server = await Server.start(settings);
    const people = [];
    const person = async (options) => {
      const arrived = await Person.arrive(await launch(), server, options);
      people.push(arrived);
      return arrived;
    };
    try {
      await play({ server, person, t });
      for (const { trouble } of people) assert.deepEqual(trouble.unexpected, []);
    } catch (error) {
      await remember(t, people, server);
      throw error;
    } finally {
      await Promise.all(people.map(({ context }) => context.close()));
      await server.remove();
    }
  };
}

/** Saves what helps to find out why a test failed. */
async function remember(t, people, server) {
  const name = t.name.replace(/\W+/g, '-');
  for (const [who, { tabs, trouble }] of people.entries()) {
    for (const [at, tab] of tabs.entries()) {
      await tab.shoot(`failed-${name}-${who}-${at}`).catch(() => {});
    }
    for (const what of trouble.unexpected) t.diagnostic(`browser ${who}: ${what}`);
  }
  for (const line of server.log.filter((line) => /ERROR|panicked/.test(line))) t.diagnostic(`server: ${line}`);
}
