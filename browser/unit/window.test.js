// How the window of messages moves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { message, messages, page, room } from './harness.js';

const { MAX_ROWS, Window, coveringDays } = await page('log/window.js');

/** A window that is framed around its goal. */
function framed(conversation, bookmark) {
  const view = new Window(conversation, bookmark);
  assert.ok(view.isGoalLoaded);
  view.frame();
  view.goal = null;
  view.follow();
  return view;
}

const size = ({ from, to }) => to - from + 1;

test('a conversation without unread messages opens at its end, and follows it', () => {
  const view = framed(room({ newest: 1000, loaded: [801, 1000] }));
  assert.deepEqual([view.from, view.to, view.isStuck], [880, 1000, true]);
});

test('one with unread messages opens at the first of them, with the line before it', () => {
  const general = room({ newest: 1000, lastRead: 600, loaded: [561, 660] });
  const view = new Window(general);
  assert.deepEqual([view.goal.seq, general.newAfter], [601, 600]);
  assert.deepEqual(view.goalQuery, { after: 561 });
  assert.equal(view.frame(), 601);
  assert.deepEqual([view.from, view.to, view.isStuck], [561, 660, false]);
});

test('a bookmark comes before what is unread, if its message exists', () => {
  const bookmark = { seq: 50, top: -12, newAfter: 70 };
  const general = room({ newest: 100, lastRead: 80 });
  assert.equal(new Window(general, bookmark).goal, bookmark);
  assert.equal(general.newAfter, 70);
  assert.equal(new Window(room({ newest: 40 }), bookmark).goal, null, 'of another database');
});

test('the goal is loaded if its message is, or the end', () => {
  const isLoaded = (lastRead, loaded) => new Window(room({ newest: 1000, lastRead, loaded })).isGoalLoaded;
  assert.ok(isLoaded(600, [561, 660]));
  assert.ok(!isLoaded(600, [901, 1000]));
  assert.ok(!isLoaded(600, null));
  assert.ok(isLoaded(1000, [901, 1000]));
  assert.ok(!isLoaded(1000, [801, 900]));
});

test('messages are missing where they are within a screen and a half', () => {
  const general = room({ newest: 1000, loaded: [401, 600] });
  const view = new Window(general);
  Object.assign(view, { from: 401, to: 600, isFramed: true });
  const log = { clientHeight: 500, scrollHeight: 10_000 };
  assert.equal(view.lacks({ ...log, scrollTop: 700 }), 'older');
  assert.equal(view.lacks({ ...log, scrollTop: 5000 }), null);
  assert.equal(view.lacks({ ...log, scrollTop: 9000 }), 'newer');
  assert.ok(!view.has('older') && !view.has('newer'), 'they are to be loaded');
  view.from = 450;
  assert.ok(view.has('older'));
});

test('nothing is missing beyond the beginning and the end', () => {
  const view = framed(room({ newest: 10 }));
  assert.equal(view.lacks({ scrollTop: 0, clientHeight: 500, scrollHeight: 400 }), null);
});

test('the window moves to both ends and never holds too much', () => {
  const general = room({ newest: 1200 });
  const view = framed(general);
  for (let steps = 0; view.has('older'); steps += 1) {
    view.move('older');
    assert.ok(size(view) <= MAX_ROWS && steps < 60);
  }
  assert.deepEqual([view.from, size(view)], [1, MAX_ROWS]);
  for (let steps = 0; view.has('newer'); steps += 1) {
    view.move('newer');
    assert.ok(size(view) <= MAX_ROWS && steps < 60);
  }
  assert.deepEqual([view.to, size(view)], [1200, MAX_ROWS]);
});

test('at the end, read messages leave the window for new ones', () => {
  const general = room({ newest: 400 });
  const view = framed(general);
  for (let seq = 401; seq <= 900; seq += 1) {
    general.append(message(seq));
    general.moveRead(seq);
    view.follow();
    assert.equal(view.to, seq);
    assert.ok(size(view) <= MAX_ROWS);
  }
});

test('unread messages stay in the window, even if more come than fit', () => {
  const general = room({ newest: 400 });
  const view = framed(general);
  for (const each of messages(401, 1000)) general.append(each);
  view.follow();
  assert.ok(view.from <= 401 && view.to < 1000, `${view.from} to ${view.to}`);
  assert.ok(size(view) <= MAX_ROWS);
});

test('a window away from the end stays where it is', () => {
  const general = room({ newest: 1000 });
  const view = framed(general);
  view.settle(5000, 500);
  while (view.to === 1000) {
    view.move('older');
    view.follow();
  }
  const { from, to } = view;
  general.append(message(1001));
  view.follow();
  assert.deepEqual([view.from, view.to], [from, to]);
});

test('the first message of an empty conversation is shown', () => {
  const general = room({ newest: 0 });
  const view = framed(general);
  assert.deepEqual([view.from, view.to], [0, 0]);
  general.append(message(1));
  view.follow();
  assert.deepEqual([view.from, view.to], [1, 1]);
});

test('the screen follows while it is at the end, also over a gap that is being filled', () => {
  const general = room({ newest: 100 });
  const view = framed(general);
  assert.equal(view.settle(0, 500), false);
  assert.ok(view.isStuck);
  general.append(message(105));
  view.settle(0, 500);
  assert.ok(view.isStuck, 'a gap');
  assert.equal(view.settle(300, 500), true, 'far from the end');
  assert.ok(!view.isStuck, 'scrolled away');
  view.settle(0, 500);
  assert.ok(!view.isStuck, 'the gap is still there');
  general.absorb(messages(101, 105));
  view.follow();
  view.settle(0, 500);
  assert.ok(view.isStuck);
});

test('a distance of less than half a screen is not far', () => {
  const view = framed(room({ newest: 100 }));
  assert.equal(view.settle(200, 500), false);
  assert.equal(view.settle(300, 500), true);
});

test('the line moves when the user looks away, and stays while it is new', () => {
  const general = room({ newest: 10 });
  const view = framed(general);
  view.moveLine(true);
  general.append(message(11));
  view.moveLine(true);
  assert.equal(general.newAfter, null, 'the user is looking');
  view.moveLine(false);
  assert.equal(general.newAfter, 10);
  general.append(message(12));
  general.moveRead(11);
  view.moveLine(false);
  assert.equal(general.newAfter, 10, 'it is new');
  general.moveRead(12);
  view.moveLine(true);
  general.append(message(13));
  view.moveLine(false);
  assert.equal(general.newAfter, 12, 'it was read');
});

test('a burst stops at what the user knows', () => {
  const general = room({ newest: 10 });
  const view = framed(general);
  for (const each of messages(11, 90)) general.append(each);
  assert.equal(view.known, 10);
  view.stopAtBurst();
  assert.deepEqual([general.newAfter, view.isStuck], [10, false]);
});

test('what the user passed by on the way to the end is known', () => {
  const general = room({ newest: 100, lastRead: 10 });
  const view = new Window(general);
  view.goToEnd();
  view.frame();
  assert.deepEqual([view.isStuck, view.known], [true, 100]);
});

test('what was jumped over stays unread, until the screen is where the user stopped, or the user waives it', () => {
  const general = room({ newest: 100, lastRead: 10 });
  const view = new Window(general);
  const see = (first, last) => {
    const isRead = view.see(first, last);
    if (isRead) general.moveRead(last);
    return [isRead, view.isSkipping];
  };
  assert.deepEqual(see(5, 15), [true, false]);
  assert.deepEqual(see(16, 26), [true, false], 'the next screen');
  assert.deepEqual(see(60, 70), [false, true], 'a key or the scrollbar');
  assert.deepEqual(see(71, 80), [false, true]);
  assert.deepEqual(see(1, 20), [false, true], 'nothing new');
  assert.deepEqual(see(20, 30), [true, false]);
  view.goToEnd(false);
  assert.deepEqual([view.isSkipping, ...see(90, 100)], [true, false, true]);
  view.goToEnd(true);
  assert.deepEqual(see(90, 100), [true, false]);
});

test('a bookmark beyond what was read reads nothing before it', () => {
  const general = room({ newest: 400, lastRead: 15 });
  const view = new Window(general, { conversation: 'room/general', seq: 355, top: -4, newAfter: 15 });
  assert.ok(!view.see(355, 370));
  assert.ok(view.isSkipping);
});

test('a day hides while it would cover the line or the next day', () => {
  const at = (top) => ({ top, bottom: top + 24 });
  assert.deepEqual(coveringDays([at(4), at(200)], at(100)), [false, false]);
  assert.deepEqual(coveringDays([at(4), at(200)], at(20)), [true, false]);
  assert.deepEqual(coveringDays([at(4), at(4), at(300)]), [true, false, false], 'earlier days lie under the present one');
  assert.deepEqual(coveringDays([at(4), at(27), at(300)], at(52)), [true, false, false], 'the next day pushes');
  assert.deepEqual(coveringDays([at(4)], at(28)), [false], 'they may touch');
});

test('a closed conversation keeps one window of messages', () => {
  const general = room({ newest: 1000, lastRead: 990 });
  new Window(general).close();
  assert.deepEqual([general.messages.length, general.last, general.newAfter], [MAX_ROWS, 1000, null]);
});
