// Menus behind a button: that of the user's name, and that of the room. And the help.

import { beside } from '../basics.js';
import { $ } from '../dom.js';

/** The labels of keys on a Mac. Where a shortcut uses another key there, the document says so. */
const MAC = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };

export const isMac = () => /^(Mac|iPhone|iPad)/.test(navigator.platform);

/** Shows the keys, as they are named on this keyboard. */
export function showHelp() {
  for (const key of isMac() ? document.querySelectorAll('#help kbd') : []) key.textContent = key.dataset.mac ?? MAC[key.textContent] ?? key.textContent;
  $('help').showModal();
}

/**
 * Opens and closes a menu by its button. Arrow keys lead through it, Esc closes it, and so does Tab when it leaves it.
 */
export function listenToMenu(button, menu, signal) {
  const on = (target, event, does, options = {}) => target.addEventListener(event, does, { signal, ...options });
  const items = () => [...menu.querySelectorAll('button')].filter((item) => !item.hidden);
  const toggle = (isOpen, isFocused = true) => {
    if (isOpen === !menu.hidden) return;
    menu.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isFocused) ((isOpen && items()[0]) || button).focus();
  };
  toggle(false, false);
  on(button, 'click', () => toggle(menu.hidden));
  // First, so that what an item opens gives the focus back to the button.
  on(menu, 'click', ({ target }) => target.closest('button') && toggle(false), { capture: true });
  const isElsewhere = (node) => !menu.contains(node) && !button.contains(node);
  on(document, 'pointerdown', ({ target }) => isElsewhere(target) && toggle(false, false));
  // Without a target, the focus has left the window.
  on(menu.parentNode, 'focusout', ({ relatedTarget: to }) => to && isElsewhere(to) && toggle(false, false));
  on(menu.parentNode, 'keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (menu.hidden || event.altKey || !(step || event.key === 'Escape')) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return toggle(false);
    const all = items();
    all[beside(all.indexOf(document.activeElement), step, all.length)]?.focus();
  });
  signal.addEventListener('abort', () => toggle(false, false));
}
