// Desktop notifications: for direct messages and mentions, while the user looks elsewhere, and only if switched on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Caller } from '../harness/caller.js';
import { eventually } from '../harness/eventually.js';
import { scene } from '../harness/scene.js';

/** Opens a tab in which notifications are recorded instead of shown. */
async function tabWithNotifications(user) {
  await user.context.addInitScript(() => {
    globalThis.notified = [];
    globalThis.Notification = class extends EventTarget {
      static permission = 'granted';

      static async requestPermission() {
        return 'granted';
      }

      constructor(title, { body = '' } = {}) {
        super();
        globalThis.notified.push({ title, body, notification: this });
      }

      close() {
        this.isClosed = true;
      }
    };
  });
  const chat = await user.tab();
  const notified = () => chat.page.evaluate(() => globalThis.notified.map(({ title, body }) => `${title}: ${body}`));
  return { chat, notified };
}

async function switchOn(chat) {
  await chat.menu('Notifications');
  await chat.dialog.getByRole('checkbox', { name: 'Desktop notifications' }).check();
  await chat.page.keyboard.press('Escape');
}

test('a direct message and a mention notify a user who looks elsewhere, and nothing else does', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { chat, notified } = await tabWithNotifications(await person());
  await chat.createAccount('alice');
  await switchOn(chat);
  await carol.say('@alice: seen');
  await chat.hears('@alice: seen');
  await eventually('it is read', async () => (await chat.unread('#general')) === 0);
  await chat.lookAway();
  await carol.say('not for anybody in particular');
  await carol.tell('alice', 'psst');
  await carol.say('@alice: look here');
  await chat.hears('@alice: look here');
  await eventually('two are shown', async () => (await notified()).length === 2);
  const [direct, mention] = await notified();
  assert.match(direct, /carol.*psst/s);
  assert.match(mention, /carol.*look here/s);

  await chat.page.evaluate(() => {
    const { notification } = globalThis.notified[0];
    notification.onclick?.(new Event('click', { cancelable: true }));
    notification.dispatchEvent(new Event('click', { cancelable: true }));
  });
  await chat.isAt('carol');
}));

test('a visible window without the focus notifies', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { chat, notified } = await tabWithNotifications(await person());
  await chat.createAccount('alice');
  await switchOn(chat);
  await chat.focus(false);
  await carol.tell('alice', 'psst');
  await carol.say('@alice: look here');
  await chat.hears('@alice: look here');
  await eventually('both are shown', async () => (await notified()).length === 2);
  assert.match((await notified()).join(), /psst.*look here/s);
}));

/** Shows one notification, of a private message from carol to alice, who looks elsewhere. */
const withNotification = (then) => scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { chat, notified } = await tabWithNotifications(await person());
  await chat.createAccount('alice');
  await switchOn(chat);
  await chat.lookAway();
  await carol.tell('alice', 'psst');
  await eventually('it is shown', async () => (await notified()).length === 1);
  await then({ carol, chat });
});

test('a notification closes when its message is deleted', withNotification(async ({ carol, chat }) => {
  await carol.delete('/direct/alice/messages/1');
  await eventually('it is closed', () => chat.page.evaluate(() => globalThis.notified[0].notification.isClosed === true));
}));

test('a notification closes when the user signs out', withNotification(async ({ chat }) => {
  await chat.lookAway(false);
  await chat.signOut();
  await chat.isOut();
  await eventually('it is closed', () => chat.page.evaluate(() => globalThis.notified[0].notification.isClosed === true));
}));

test('no notification is shown unless the user asked for it', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const { chat, notified } = await tabWithNotifications(await person());
  await chat.createAccount('alice');
  await chat.lookAway();
  await carol.tell('alice', 'psst');
  await carol.say('@alice: look here');
  await chat.hears('@alice: look here');
  await eventually('both are counted', async () => (await chat.unread('carol')) === 1 && (await chat.unread('#general')) === 1);
  assert.deepEqual(await notified(), []);
}));

test('only one of two tabs notifies', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await person();
  const one = await tabWithNotifications(alice);
  await one.chat.createAccount('alice', { keep: true });
  await switchOn(one.chat);
  const other = await tabWithNotifications(alice);
  await other.chat.isIn();
  for (const { chat } of [one, other]) await chat.lookAway();
  await carol.tell('alice', 'psst');
  for (const { chat } of [one, other]) await eventually('the message has arrived', async () => (await chat.unread('carol')) === 1);
  await eventually('a notification is shown', async () => (await one.notified()).length + (await other.notified()).length >= 1);
  await carol.say('the next thing');
  for (const { chat } of [one, other]) await chat.hears('the next thing');
  assert.equal((await one.notified()).length + (await other.notified()).length, 1);
}));

test('a user who looks at linger in one tab is not notified by another', scene(async ({ server, person }) => {
  const carol = await Caller.connect(server, { username: 'carol' });
  const alice = await person();
  const one = await tabWithNotifications(alice);
  await one.chat.createAccount('alice', { keep: true });
  await switchOn(one.chat);
  const other = await tabWithNotifications(alice);
  await other.chat.isIn();
  await one.chat.lookAway();
  await other.chat.lookAway(false);
  await one.chat.overhear();
  await carol.tell('alice', 'while you look');
  await eventually('the message has arrived', async () => (await one.chat.unread('carol')) === 1);
  await one.chat.overhears('looked at');
  // Notifications come in order: this one would come after the other one.
  await other.chat.lookAway();
  await carol.tell('alice', 'while you do not');
  await eventually('a notification is shown', async () => (await one.notified()).length + (await other.notified()).length > 0);
  assert.deepEqual([...await one.notified(), ...await other.notified()], ['carol: while you do not']);
}));
