// Pasting and dropping: the page says that files cannot be sent, and does not navigate to them; pasted code can be marked
// as code.

import { plural } from '../basics.js';
import { asCode, looksLikeCode } from '../texts.js';
import { offer } from '../toast.js';

const SORRY = 'Files cannot be sent here yet. Send a link to the file instead.';

/** Whether what is dragged or pasted is a file. A table or a text may come with a picture of itself. */
const isFile = (data) => Boolean(data) && [...data.types].includes('Files') && ![...data.types].includes('text/plain');

/** @param {(words: string) => void} say */
export function listenForFiles(say, signal) {
  const on = (event, does) => document.addEventListener(event, (happened) => {
    if (!isFile(happened.clipboardData ?? happened.dataTransfer)) return;
    // Otherwise the browser opens the file in place of the page, or types its name.
    happened.preventDefault();
    does(happened);
  }, { signal });
  on('dragover', ({ dataTransfer }) => { dataTransfer.dropEffect = 'copy'; });
  on('drop', () => say(SORRY));
  on('paste', () => say(SORRY));
}

/**
 * Offers to mark code that is pasted into a box. Returns what takes the offer back once the box has another text.
 * @returns {() => void}
 */
export function listenForCode(box, signal) {
  let pasted = null;
  const isThere = () => box.value.slice(pasted.at, pasted.at + pasted.code.length) === pasted.code;
  const mark = () => {
    const end = pasted.at + pasted.code.length;
    box.focus();
    box.setSelectionRange(pasted.at, end);
    // Unlike a change of the value, it can be undone.
    const after = box.value.slice(end);
    document.execCommand('insertText', false, asCode(pasted.code, box.value.slice(0, pasted.at), after));
    if (!after) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener('paste', ({ clipboardData }) => {
    const code = clipboardData?.getData('text/plain').replace(/\r\n?/g, '\n') ?? '';
    const at = box.selectionStart;
    if (!looksLikeCode(code) || !asCode(code, box.value.slice(0, at), '')) return;
    // Once it is there.
    setTimeout(() => {
      pasted = { at, code };
      const words = `You pasted ${plural(code.trimEnd().split('\n').length, 'line')}. Are they code?`;
      pasted.withdraw = isThere() ? offer(words, 'Mark as code', mark) : () => {};
    });
  }, { signal });
  return () => {
    if (!pasted || isThere()) return;
    pasted.withdraw();
    pasted = null;
  };
}
