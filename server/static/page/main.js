// The page's entry: the door, or the chat. README.md has the map.

import { $ } from './dom.js';
import { Door } from './door.js';
import { sessions } from './session.js';

/** The chat's modules are loaded at the first sign that a user is here, or after this time. */
const QUIET_MS = 3000;
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

const session = sessions.load();
if (session) load();
else {
  door.show('');
  for (const sign of SIGNS) window.addEventListener(sign, load, { once: true, passive: true });
  setTimeout(load, QUIET_MS);
}

async function enter(session, notice = '') {
  load();
  const chats = await loading.catch(() => null);
  if (!chats) return;
  let isOver = false;
  try {
    const chat = new chats.Chat(session, (why) => {
      if (isOver) return door.say(why);
      isOver = true;
      door.show(why);
    });
    const started = chat.start();
    if (notice) chat.notices.alert(notice);
    await started;
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
  if (current) enter(current);
  else door.show('You have signed out in another tab.');
}

if (session) loading.then(enterAgain, () => {});
