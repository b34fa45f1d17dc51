// Reloads the page if its modules cannot be loaded. While the server is being updated, a node may not have the version
// that index.html asks for. The page then reloads until it has all modules of one version, but not while the user fills
// in the form.

const PAUSE_MS = 2000;
const MAX_RELOADS = 10;
const KEY = 'linger.reloads';

const $ = (id) => document.getElementById(id);
const pause = () => new Promise((done) => { setTimeout(done, PAUSE_MS); });
/** Also true if a proxy redirects to a sign-in of its own: the page has to be loaded from there. */
const isServerUp = () => fetch('', { method: 'HEAD', redirect: 'manual' })
  .then(({ ok, type }) => ok || type === 'opaqueredirect', () => false);
const isFillingIn = () => !$('door').hidden && Boolean($('name').value || $('password').value);

/** Counts the reloads in the tab's storage. Returns undefined if the browser refuses that. */
function count(change) {
  try {
    const reloads = change(Number(sessionStorage.getItem(KEY)));
    sessionStorage.setItem(KEY, reloads);
    return reloads;
  } catch {
    return undefined;
  }
}

/** Says that the page cannot be loaded: by a browser that is too old, or behind an extension that blocks a module. */
function giveUp(reason) {
  if (reason) $('not-loaded').textContent = `This page could not be loaded: ${reason}. Use a newer browser.`;
  document.body.dataset.failed = '';
}

async function recover(error) {
  console.error(error);
  // Reloading does not help a browser that does not understand a module, or lacks what it needs.
  if (!(error instanceof TypeError && /import|module|fetch|load/i.test(error.message))) return giveUp(error.message);
  const reloads = count((reloads) => reloads + 1);
  if (!(reloads <= MAX_RELOADS)) {
    count(() => 0);
    return giveUp('');
  }
  do await pause(); while (isFillingIn() || !await isServerUp());
  location.reload();
}

// index.html loads this module too, so it is neither fetched nor run twice.
import('./main.js').then(({ loading }) => loading).then(() => count(() => 0), recover);
