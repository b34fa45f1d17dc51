// The look that the user has chosen, in the browser's storage. early.js applies it before the first paint. No document.

import { setHours } from './basics.js';
import { ofBrowser } from './session.js';

export const KEY = 'linger.appearance';

/** What can be chosen, the first one unless the user says otherwise: names, values and their words. */
export const CHOICES = {
  theme: ['Theme', [['system', 'System'], ['light', 'Light'], ['dark', 'Dark']]],
  density: ['Rows', [['roomy', 'Roomy'], ['compact', 'Compact']]],
  hours: ['Time', [['system', 'Automatic'], ['12', '12 hours'], ['24', '24 hours']]],
};

/** Returns what is chosen. Values that are not known count as the first. */
export function chosen() {
  const kept = ofBrowser.get(KEY) ?? {};
  return Object.fromEntries(Object.entries(CHOICES).map(([name, [, values]]) => {
    const isKnown = values.some(([value]) => value === kept[name]);
    return [name, isKnown ? kept[name] : values[0][0]];
  }));
}

/** Writes times in the hours that are chosen. */
export function applyHours() {
  setHours(Number(chosen().hours) || 0);
}

/** Keeps a choice. */
export function choose(name, value) {
  ofBrowser.set(KEY, { ...chosen(), [name]: value });
  applyHours();
  globalThis.dispatchEvent?.(new Event('appearance'));
}
