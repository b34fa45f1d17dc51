// The dialog that asks for an emoji: the usual few, or any other one by typing.

import { USUAL } from '../changes.js';
import { $, element } from '../dom.js';

/** Asks for an emoji. Resolves to '' if the user wants none. */
export function pickEmoji() {
  const dialog = $('picker');
  const finish = (emoji) => { dialog.returnValue = emoji; dialog.close(emoji); };
  $('usual').replaceChildren(...USUAL.map((emoji) => {
    const button = element('button', { type: 'button' }, emoji);
    button.addEventListener('click', () => finish(emoji));
    return button;
  }));
  $('emoji').value = '';
  $('picker-form').onsubmit = (event) => {
    event.preventDefault();
    const typed = $('emoji').value.trim();
    if (typed) finish(typed);
  };
  dialog.returnValue = '';
  dialog.showModal();
  $('usual').firstChild.focus();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => answer(dialog.returnValue), { once: true });
  });
}
