// Unsaved edits of messages whose edit boxes are closed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, messages, page } from './harness.js';

const { Changing } = await page('later/changing.js');
const { Store } = await page('store.js');

test('a deleted message is told to a user who was editing it, and not to one who has saved the edit', () => {
  const store = new Store('alice', () => {});
  const alerts = [];
  const changing = new Changing({
    store, notices: { alert: (words) => alerts.push(words) }, log: {}, composer: { answered: null }, Editor: class {},
  });
  const general = store.conversation('room', 'general');
  general.absorb(messages(1, 3));
  const erase = (seq) => {
    general.revise(message(seq, { text: '', deleted_at: new Date().toISOString(), revision: 2000 + seq }));
    changing.update();
  };
  general.unsaved.set(1, { message: message(1), text: 'saved after the user had left', isSaved: true });
  general.unsaved.set(2, { message: message(2), text: 'half' });
  general.unsaved.set(3, { message: message(3), text: 'another half' });
  erase(1);
  assert.deepEqual([alerts, [...general.unsaved.keys()]], [[], [2, 3]]);
  erase(2);
  assert.deepEqual([alerts, [...general.unsaved.keys()]], [['The message that you were editing was deleted.'], [3]]);
});
