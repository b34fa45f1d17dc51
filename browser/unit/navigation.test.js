// Which conversation is open, while the address and the user change their mind.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { page, settled } from './harness.js';

const { Refusal } = await page('api.js');
const { Navigation } = await page('chat/navigation.js');
const { Store } = await page('store.js');

/** A page at an address. What it asks the server for is answered by `answer()`. There is no room or user "gone". */
function pageAt(t, hash) {
  const seen = { opened: [], addresses: [], sought: [], alerts: [] };
  const before = [globalThis.location, globalThis.history];
  const write = (_state, _title, address) => {
    globalThis.location.hash = address;
    seen.addresses.push(address);
  };
  [globalThis.location, globalThis.history] = [{ hash }, { pushState: write, replaceState: write }];
  t.after(() => { [globalThis.location, globalThis.history] = before; });
  let answer;
  const answered = new Promise((done) => { answer = done; });
  const api = async (_method, path) => {
    await answered;
    if (path.startsWith('direct/gone/')) throw new Refusal(404);
    const { 1: name } = /name=(.*)/.exec(path) ?? [];
    if (name === 'gone') return [];
    return name ? [{ id: 7, name, joined: true, members: 1 }] : { members: 1 };
  };
  const log = {
    open: async (conversation) => { seen.opened.push(conversation.key); },
    goTo: async (seq) => { seen.sought.push(seq); return {}; },
  };
  const navigation = new Navigation({
    api, log, store: new Store('alice'), bookmark: { draft: () => '', replyTo: () => null, keep() {} },
    notices: { alert: (words) => words && seen.alerts.push(words) }, sidebar: { toggle() {} }, composer: { show() {}, focus() {} }, render() {}, schedule() {},
    signal: new AbortController().signal,
  });
  [navigation.showDraft, navigation.keepScroll] = [() => {}, () => {}];
  return { navigation, seen, answer };
}

test('the page does not overwrite an address that the user enters while it opens another one', async (t) => {
  const { navigation, seen, answer } = pageAt(t, '');
  const begun = navigation.restore();
  // The event that tells of it comes later.
  globalThis.location.hash = '#/room/general/1';
  answer();
  await begun;
  assert.deepEqual(seen.addresses, []);
  await navigation.restore();
  assert.deepEqual([seen.opened, seen.sought], [['room/general'], [1]]);
});

test('a message is looked for in its own conversation only', async (t) => {
  const { navigation, seen, answer } = pageAt(t, '#/room/ops/5');
  const begun = navigation.restore();
  navigation.show(navigation.store.conversation('direct', 'carol'));
  answer();
  await begun;
  await settled();
  assert.deepEqual([seen.opened, seen.sought], [['direct/carol'], []]);
});

test('a late refusal neither takes the user elsewhere nor says what is missing there', async (t) => {
  const { navigation, seen, answer } = pageAt(t, '#/room/gone');
  const general = navigation.store.conversation('room', 'general');
  Object.assign(general, { roomId: 1, isJoined: true });
  const begun = navigation.restore();
  navigation.show(navigation.store.conversation('room', 'ops'));
  answer();
  await begun;
  assert.deepEqual([seen.opened, seen.addresses, seen.alerts], [['room/ops'], ['#/room/ops'], []]);
});

test('a refusal for an address that the user has left leaves the next address alone', async (t) => {
  for (const hash of ['#/room/gone', '#/direct/gone']) {
    const { navigation, seen, answer } = pageAt(t, '#/room/ops');
    navigation.show(navigation.store.conversation('room', 'ops'));
    globalThis.location.hash = hash;
    const begun = navigation.restore();
    // The event that tells of it comes later.
    globalThis.location.hash = '#/room/general';
    answer();
    await begun;
    assert.deepEqual([seen.opened, seen.addresses, seen.alerts], [['room/ops'], [], []], hash);
  }
});

test('an address that leads nowhere opens "general", and the page says so', async (t) => {
  const { navigation, seen, answer } = pageAt(t, '#/room/gone');
  const begun = navigation.restore();
  answer();
  await begun;
  assert.deepEqual([seen.opened, seen.addresses], [['room/general'], ['#/room/general']]);
  assert.match(seen.alerts.join(), /no room “gone”/);
});
