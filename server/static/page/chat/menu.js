// Menus behind a button: that of the user's name, and that of the room. And the help.

import { $ } from '../dom.js';

/** What a Mac writes on its keys. */
const MAC = { Ctrl: '⌘', Alt: '⌥', Shift: '⇧' };

const isMac = () => /^(Mac|iPhone|iPad)/.test(navigator.platform);

/** Shows the keys, as they are named on this keyboard. */
export function showHelp() {
  if (isMac()) for (const key of document.querySelectorAll('#help kbd')) key.textContent = MAC[key.textContent] ?? key.textContent;
  $('help').showModal();
}

/** Opens and closes a menu by its button. Arrow keys lead through it, Esc closes it. */
export function listenToMenu(button, menu, signal) {
  const on = (target, event, does, options = {}) => target.addEventListener(event, does, { signal, ...options });
  const items = () => [...menu.querySelectorAll('button')].filter((item) => !item.hidden);
  const toggle = (isOpen, isFocused = true) => {
    if (isOpen === !menu.hidden) return;
    menu.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isFocused) (isOpen ? items()[0] : button).focus();
  };
  toggle(false, false);
  on(button, 'click', () => toggle(menu.hidden));
  // First, so that what an item opens gives the focus back to the button.
  on(menu, 'click', ({ target }) => target.closest('button') && toggle(false), { capture: true });
  on(document, 'pointerdown', ({ target }) => !menu.contains(target) && !button.contains(target) && toggle(false, false));
  on(menu.parentNode, 'keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (menu.hidden || event.altKey || !(step || event.key === 'Escape')) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return toggle(false);
    const all = items();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  signal.addEventListener('abort', () => toggle(false, false));
}
