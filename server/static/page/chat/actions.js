// The user's actions: writing messages; creating, joining and leaving rooms.

import { Refusal } from '../api.js';

export class Actions {
  constructor({ api, store, outbox, tabs, notices, log, navigation }) {
    Object.assign(this, { api, store, outbox, tabs, notices, log, navigation });
  }

  write(text) {
    this.notices.alert('');
    this.outbox.put(this.navigation.current, text);
    this.log.wrote();
  }

  /** Sends an item of the outbox. */
  post({ conversation: key, text, key: idempotencyKey }) {
    const conversation = this.store.conversation(...key.split('/'));
    const isUnknown = conversation.kind === 'room' && !conversation.roomId;
    const path = isUnknown ? 'send' : `${conversation.path}/messages`;
    const body = isUnknown ? { room: conversation.name, text } : { text };
    // The browser completes the request even if the page is closed meanwhile.
    return this.api('POST', path, { body, key: idempotencyKey, keepalive: true, seconds: 10 });
  }

  async create(name) {
    await this.#entered(await this.api('POST', 'rooms', { body: { name } }));
  }

  async joinByName(name) {
    await this.join(await this.navigation.findRoom(name));
  }

  async join(conversation) {
    await this.api('POST', `${conversation.path}/join`);
    await this.#entered(await this.api('GET', conversation.path));
  }

  /** Shows a room that was just joined. Its unread messages begin at the newest message. */
  async #entered(room) {
    const conversation = this.navigation.learnRoom(room);
    conversation.joinedAt = performance.now();
    const asked = performance.now();
    const status = await this.api('GET', `status?room=${room.name}`);
    this.store.adoptPosition(conversation, status.conversations[0], asked);
    this.tabs.say({ kind: 'refresh' });
    this.navigation.show(conversation);
  }

  async leave(conversation) {
    await this.api('POST', `${conversation.path}/leave`);
    [conversation.isJoined, conversation.joinedAt] = [false, performance.now()];
    this.tabs.say({ kind: 'refresh' });
    this.navigation.show(this.store.conversation('room', 'general'));
  }

  /** Runs an action, and says so if the server refuses it. */
  async attempt(action) {
    try {
      await action();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.notices.alert(refusal.words);
    }
  }
}
