// Files that are pasted or dropped. They cannot be sent, so the page says so, and does not leave for them.

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
