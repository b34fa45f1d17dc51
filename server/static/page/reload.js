// Reloads the page if its modules cannot be loaded. While the server is being updated, a node may not have the version
// that index.html asks for. The page then reloads until it has all modules of one version, but not while the user fills
// in the form.

const PAUSE_MS = 2000;
const MAX_RELOADS = 10;
const KEY = 'linger.reloads';

const $ = (id) => document.getElementById(id);
const pause = () => new Promise((done) => { setTimeout(done, PAUSE_MS); });
const isServerUp = () => fetch('', { method: 'HEAD' }).then(({ ok }) => ok, () => false);
const isFillingIn = () => !$('door').hidden && Boolean($('name').value || $('password').value);

async function recover(error) {
  console.error(error);
  const reloads = Number(sessionStorage.getItem(KEY));
  if (reloads >= MAX_RELOADS) {
    // Not an update: a browser that is too old, or an extension that blocks a module.
    sessionStorage.removeItem(KEY);
    $('not-loaded').hidden = false;
    return;
  }
  do await pause(); while (isFillingIn() || !await isServerUp());
  sessionStorage.setItem(KEY, reloads + 1);
  location.reload();
}

// index.html loads this module too, so it is neither fetched nor run twice.
import('./main.js').then(({ loading }) => loading).then(() => sessionStorage.removeItem(KEY)).catch(recover);
