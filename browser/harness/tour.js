// A tour of everything that the page can show, for checks that hold in each state.

import { Caller } from './caller.js';
import { PASSWORD } from './chat.js';
import { eventually } from './eventually.js';

const FORMATTED = [
  '*bold*, _italic_, ~~struck~~, `code`, [words](https://example.com) and [a.example](https://b.example)',
  `\`\`\`\n${'let code = "wide"; '.repeat(20)}\n\`\`\``,
  '> a quote\n1. one\n   - two\n- three',
];

const LONG = `${'antidisestablishmentarianism'.repeat(6)} https://example.com/${'a-long-path/'.repeat(20)}`;

/** Goes from state to state, and calls `visit` with the name of each while it is shown. */
export async function tour({ server, chat, visit }) {
  const carol = await Caller.connect(server, { username: 'carol' });
  const bob = await Caller.connect(server, { username: 'bob', password: PASSWORD });
  const lobby = await carol.post('/rooms', { name: 'lobby' });
  await carol.post('/rooms', { name: 'a-room-with-a-name-of-32-letters' });

  await chat.door.waitFor();
  for (const how of ['Sign in', 'New account', 'Guest']) {
    await chat.door.getByRole('radio', { name: how }).check();
    await visit(`door ${how}`);
  }
  await chat.knock('Sign in', { name: 'bob', password: 'wrong horse' });
  await chat.refusal.filter({ hasText: /\w/ }).waitFor();
  await visit('door refused');

  await chat.enterAsGuest('alice');
  await visit('empty room');
  for (const text of ['good morning', 'is anybody here?', LONG, 'one\ntwo\n\n  three']) await carol.say(text);
  await bob.say('@alice: have a look at https://example.com/');
  await chat.hears('@alice: have a look at https://example.com/');
  await chat.say('looking');
  await chat.hears('looking');
  await visit('room');
  for (const text of FORMATTED) await carol.say(text);
  await chat.hears(FORMATTED[2]);
  await visit('formatted');
  await changes({ carol, chat, visit });

  await chat.lookAway();
  await carol.say('somebody there?');
  await chat.newMessages.waitFor();
  await visit('new messages');
  await chat.lookAway(false);

  await carol.tell('alice', 'psst');
  await chat.openMenu();
  await eventually('the message counts as unread', async () => (await chat.unread('carol')) === 1);
  await visit('unread');
  await chat.open('carol');
  await visit('direct messages');

  await chat.openMenu();
  await chat.page.getByRole('button', { name: 'Find or create a room' }).click();
  await chat.dialog.getByRole('button', { name: /^#lobby/ }).waitFor();
  await visit('rooms');
  await chat.page.keyboard.press('Escape');
  await chat.findRoom('lobby');
  await visit('room not joined');
  await chat.page.getByRole('button', { name: 'Join', exact: true }).click();
  await chat.page.getByRole('button', { name: 'Room menu' }).waitFor();
  await carol.sayAll(Array.from({ length: 60 }, (_, n) => `line ${n}`), lobby.name);
  await chat.log.locator('[data-seq="60"]').waitFor();
  await eventually('the log can be scrolled', () => chat.log.evaluate((log) => log.scrollHeight > log.clientHeight * 2));
  await chat.log.evaluate((log) => { log.scrollTop = 0; });
  await chat.newest.waitFor();
  await visit('scrolled back');

  await chat.openMenu();
  await chat.page.getByRole('button', { name: 'New direct message' }).click();
  await chat.dialog.getByRole('button', { name: /^carol/ }).waitFor();
  await visit('people');
  await chat.page.keyboard.press('Escape');
  await chat.page.keyboard.press('Control+k');
  await chat.dialog.waitFor();
  await visit('go to');
  await chat.page.keyboard.press('Escape');
  await chat.openMenu();
  await chat.page.getByRole('button', { name: 'Help' }).click();
  await chat.dialog.waitFor();
  await visit('help');
  await chat.page.keyboard.press('Escape');

  await chat.page.route(/messages$/, (route) => (route.request().method() === 'POST' ? route.fulfill({
    status: 400,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: '/problems/bad-input', title: 'Bad input', status: 400, detail: 'No.' }),
  }) : route.continue()));
  await chat.page.route(/send(-private)?$/, (route) => route.abort());
  await chat.say('this will not be sent');
  await chat.message('this will not be sent').and(chat.page.locator('[data-state=failed]')).waitFor();
  await visit('message failed');

  await chat.page.context().setOffline(true);
  await eventually('the page says that it is offline', async () => !/^Connected/.test(await chat.state.first().textContent()));
  await visit('offline');
  await chat.page.context().setOffline(false);
  await eventually('the page says that it is connected', async () => /^Connected/.test(await chat.state.first().textContent()));

  await chat.openMenu();
  await chat.signOut();
  await chat.dialog.waitFor();
  await visit('leave for good');
}

/** Shows messages that were changed, and what is shown while they are. */
async function changes({ carol, chat, visit }) {
  await carol.patch('/room/1/messages/1', { text: 'good morning, everybody' });
  await carol.delete('/room/1/messages/4');
  for (const emoji of ['👍', '🎉']) await carol.put(`/room/1/messages/6/reactions/${encodeURIComponent(emoji)}`);
  await carol.post('/room/1/messages', { text: 'what are you looking for?', reply_to: 6 });
  await chat.hears('what are you looking for?');
  await chat.message('Message deleted').waitFor();
  const looking = chat.message('looking');
  const act = async (name) => {
    await looking.hover();
    await looking.getByRole('button', { name, exact: true }).click();
  };
  await looking.getByRole('button', { name: '🎉 1: carol' }).click();
  await looking.getByRole('button', { name: '🎉 2: carol, you' }).waitFor();
  await looking.hover();
  await visit('changed messages');
  await act('Edit');
  await chat.page.getByRole('textbox', { name: 'Edit message' }).waitFor();
  await visit('editing');
  await chat.page.keyboard.press('Escape');
  await act('React');
  await chat.dialog.waitFor();
  await visit('reacting');
  await chat.page.keyboard.press('Escape');
  await act('Delete');
  await chat.dialog.waitFor();
  await visit('deleting');
  await chat.page.keyboard.press('Escape');
  await act('Reply');
  await chat.page.getByText('Reply to alice: looking', { exact: true }).waitFor();
  await visit('replying');
  await chat.page.keyboard.press('Escape');
}

/** The failed requests that the tour causes in the console. */
export const TOUR_FAILURES = ['401', '400', 'ERR_FAILED', 'ERR_INTERNET_DISCONNECTED', 'ERR_NETWORK_CHANGED'];
