// Modules that neither the door nor the first paint of the chat needs. They are loaded when they are first used, and
// otherwise soon after the chat is shown: an update of the server would remove them.

import { SECOND, sleep } from './basics.js';

export const NOT_LOADED = 'This part of the page could not be loaded. Try again, and if that does not help, reload the page.';

/** When the modules that were not used yet are loaded: after the first paint, and before most uses. */
const QUIET_MS = SECOND / 2;

/** @type {Map<string, Promise<object>>} */
const loading = new Map();
/** How often a module could not be loaded. */
const failures = new Map();

/** Loads a module of the folder `later`, once. A failure is not kept: the next call tries again. */
export function later(name) {
  if (!loading.has(name)) {
    const failed = failures.get(name) ?? 0;
    // Some browsers keep the failure of an address.
    const path = `./later/${name}.js`;
    loading.set(name, import(failed ? `${path}?${failed}` : path).catch((error) => {
      failures.set(name, failed + 1);
      loading.delete(name);
      throw error;
    }));
  }
  return loading.get(name);
}

/** Loads all these modules, one at a time, once nothing else is going on. */
export async function loadQuietly(names, signal) {
  await sleep(QUIET_MS, signal);
  for (const name of names) {
    if (signal.aborted) return;
    await later(name).catch(() => {});
  }
}
