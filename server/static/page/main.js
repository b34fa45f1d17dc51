// The page's entry: the door, or the chat. README.md has the map.

import { Door } from './door.js';
import { sessions } from './session.js';

const door = new Door(enter);

const session = sessions.load();
if (!session) door.show('');

// The form does not wait for the chat's modules, which load while it is filled in.
const loading = import('./chat/chat.js');

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

if (session) enter(session);
// If this fails, start.js reloads the page.
await loading;
