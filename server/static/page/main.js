// The page's entry: the door, or the chat. README.md has the map.

import { Door } from './door.js';
import { sessions } from './session.js';

const door = new Door(enter);

const session = sessions.load();
if (!session) door.show('');

/** The chat's modules. The form does not wait for them, and reload.js reloads the page if they cannot be loaded. */
export const loading = import('./chat/chat.js');

async function enter(session, notice = '') {
  const { Chat } = await loading;
  let isOver = false;
  const chat = new Chat(session, (why) => {
    if (isOver) return door.say(why);
    isOver = true;
    door.show(why);
  });
  chat.start();
  if (notice) chat.notices.alert(notice);
}

if (session) {
  await loading;
  // Meanwhile another tab may have signed out, or signed in as somebody else.
  const current = sessions.load();
  if (current) enter(current);
  else door.show('You have signed out in another tab.');
}
