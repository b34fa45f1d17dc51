// What can be done with a message, as a sheet on phones: a long press opens it.

import { USUAL, gist } from '../changes.js';
import { Panel, button } from '../dialogs.js';
import { element, icon } from '../dom.js';
import { ACTS } from '../log/choosing.js';

/** Copies a text. Without https a browser has no clipboard, but copies what is selected. Returns whether it did. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = element('textarea', { value: text, readOnly: true });
    document.body.append(box);
    box.select();
    const isCopied = document.execCommand('copy');
    box.remove();
    return isCopied;
  }
}

/**
 * Opens the sheet.
 * @param {object|null} rights what the user may do
 * @param {{act: (what: string) => void, toggle: (emoji: string) => void, say: (words: string) => void}} does
 */
export function openSheet(message, rights, { act, toggle, say }) {
  if (!rights) return;
  const panel = new Panel(`Message from ${message.from}`);
  panel.dialog.classList.add('sheet');
  const choice = (label, does, ...children) => {
    const made = button(label, () => { panel.close(); does(); });
    if (children.length) made.replaceChildren(...children, label);
    return made;
  };
  panel.say(gist(message));
  if (rights.canReact) {
    const usual = USUAL.map((emoji) => choice(emoji, () => toggle(emoji)));
    panel.body.append(element('div', { className: 'usual', role: 'group', 'aria-label': 'Usual reactions' }, ...usual));
  }
  const rows = ACTS.filter(({ right }) => rights[right]).map(({ act: what, label, look }) => choice(label, () => act(what), icon(look)));
  const copied = async () => say((await copy(message.text)) ? 'The text is copied.' : 'This browser does not let the page copy it.');
  const copyText = choice('Copy text', copied, icon('M7 7V4h9v9h-3M4 7h9v9H4Z'));
  // What cannot be undone comes last.
  const last = rights.canDelete ? rows.pop() : '';
  if (last) last.classList.add('danger');
  panel.body.append(...rows, copyText, last);
}
