// Starts the page. While the server is being updated, a node may not have the version of the modules that index.html
// asks for. Then none of them runs, and the page reloads.

const PAUSE_MS = 2000;

const pause = () => new Promise((done) => { setTimeout(done, PAUSE_MS); });
const isServerUp = () => fetch('', { method: 'HEAD' }).then(({ ok }) => ok, () => false);

import('./main.js').catch(async (error) => {
  console.error(error);
  do await pause(); while (!await isServerUp());
  location.reload();
});
