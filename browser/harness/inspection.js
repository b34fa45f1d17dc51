// Checks of a whole page.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A context with a phone's screen. */
export const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

/** Returns the violations that axe-core finds, one line each. */
export async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) => `${id}: ${help}: ${target} ${any[0]?.message ?? ''}`));
}

/** Waits until no animation runs: the colours in between are not by design. */
export async function settle(page) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
    .map((animation) => animation.finished)));
}

/** Returns the parts that are wider than the screen. */
export async function sticksOut(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = scrollWidth > clientWidth ? [`the page: ${scrollWidth} > ${clientWidth}`] : [];
    for (const part of document.querySelectorAll('[role=log], main, dialog[open], nav, form')) {
      const { overflowX } = getComputedStyle(part);
      if (part.checkVisibility() && part.scrollWidth > part.clientWidth + 1 && overflowX !== 'hidden' && part.clientWidth > 0) {
        wide.push(`${part.tagName}#${part.id}: ${part.scrollWidth} > ${part.clientWidth}`);
      }
    }
    return wide;
  });
}
