// The announcements that the page makes for screen readers.

import { eventually } from './eventually.js';

/** Collects what the page announces from now on. Returns a function that waits until some words are announced. */
export async function listenTo({ page }) {
  await page.evaluate(() => {
    globalThis.announced = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) if (target.textContent) globalThis.announced.push(target.textContent);
    }).observe(document.getElementById('announcer'), { childList: true, characterData: true, subtree: true });
  });
  return (words) => eventually(`"${words}" is announced`,
    () => page.evaluate((words) => globalThis.announced.some((text) => text.includes(words)), words));
}
