// The page's entry: the door, or the chat. README.md has the map.

import { codeIn } from './admission.js';
import { createApi } from './api.js';
import { sleep } from './basics.js';
import { $ } from './dom.js';
import { Door } from './door.js';
import { sessions } from './session.js';

/** The chat's modules are loaded at the first sign that a user is here, or after this time. */
const QUIET_MS = 3000;
/** How long the page waits before it asks the server again what it is, in the end. */
const MAX_PAUSE_MS = 30_000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'input', 'change'];

let load;
/** The chat's modules. The form does not wait for them, and reload.js reloads the page if they cannot be loaded. */
export const loading = new Promise((begin) => { load = begin; }).then(() => {
  // All at once, rather than each after the one that imports it.
  for (const link of document.querySelectorAll('link[rel=chat]')) link.rel = 'modulepreload';
  return import('./chat/chat.js');
});
// A failure is reload.js's to handle.
loading.catch(() => {});

const door = new Door(enter);
/** @type {About|null|undefined} */
let about;
/** @type {Chat|null} */
let chat = null;
learn();

const session = sessions.load();
const code = takeCode();
// A code for this device is used up by a click only: programs that preview links would use it, too.
const isIn = session && code?.kind !== 'code';
if (isIn) load();
else {
  door.take(code);
  door.show('');
  for (const sign of SIGNS) window.addEventListener(sign, load, { once: true, passive: true });
  setTimeout(load, QUIET_MS);
}

/** Returns the code in the address, and removes it from there: an address is shown, kept and shared. */
function takeCode() {
  const code = codeIn(location.hash);
  if (code) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** Learns what the server says about itself. A server before 0.2 says nothing. */
async function learn() {
  const call = createApi(() => null);
  for (let pause = 1000; about === undefined; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    try {
      about = await call('GET', 'server', { as: 'server' });
    } catch (refusal) {
      if (refusal.isTransient === false) about = null;
      else await sleep(pause);
    }
    door.learn(about ?? null);
    chat?.learn(about ?? null);
  }
}

async function enter(session, { notice = '', isByCode = false, code = null } = {}) {
  load();
  const chats = await loading.catch(() => null);
  if (!chats) return;
  let isOver = false;
  try {
    chat = new chats.Chat(session, (why) => {
      if (isOver) return door.say(why);
      isOver = true;
      chat = null;
      door.show(why);
    });
    chat.learn(about ?? null);
    const started = chat.start();
    if (notice) chat.notices.alert(notice);
    await started;
    if (code) chat?.extras.accept(code.code);
    if (isByCode) chat?.extras.recover();
  } catch (error) {
    fail(error);
  }
}

/** Says that the page does not work here: a browser may lack what it needs. */
function fail(error) {
  console.error(error);
  $('not-loaded').textContent = `This browser cannot run this page: ${error.message}. Use a newer one.`;
  document.body.dataset.failed = '';
}

/** Enters with the session that is kept. Meanwhile another tab may have signed out, or in as another user. */
function enterAgain() {
  const current = sessions.load();
  if (current) enter(current, { code });
  else door.show('You have signed out in another tab.');
}

if (isIn) loading.then(enterAgain, () => {});

// A link with a code, opened in this tab. It is taken as if the page were opened anew.
window.addEventListener('popstate', (event) => {
  if (!codeIn(location.hash)) return;
  event.stopImmediatePropagation();
  location.reload();
}, { capture: true });
