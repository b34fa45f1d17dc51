// Helpers for several unit tests: the page's modules, and made-up messages.

import { fileURLToPath } from 'node:url';

/** The folder of the page's modules. */
export const PAGE = fileURLToPath(new URL('../../server/static/page/', import.meta.url));

/** Imports a module of the page. */
export const page = (path) => import(new URL(`../../server/static/page/${path}`, import.meta.url));

const { Conversation } = await page('conversation.js');

const MINUTE = 60_000;
const NOON = new Date(2026, 4, 20, 12).getTime();

/** Returns a message in "general". Ids rise with seqs, one minute lies between two, and carol writes all of them. */
export function message(seq, { from = 'carol', at = NOON + seq * MINUTE, ...rest } = {}) {
  const sent_at = new Date(at).toISOString();
  return { id: 1000 + seq, seq, room: 'general', room_id: 1, from, text: `line ${seq}`, sent_at, ...rest };
}

/** Returns the messages `first` to `last`. */
export const messages = (first, last) => Array.from({ length: last - first + 1 }, (_, n) => message(first + n));

/** Returns a joined room with `newest` messages, of which `loaded` are loaded, and all up to `lastRead` are read. */
export function room({ newest, lastRead = newest, loaded = [1, newest] }) {
  const general = new Conversation('room', 'general');
  Object.assign(general, { isJoined: true, roomId: 1, newest, lastRead, confirmedRead: lastRead });
  if (loaded) general.absorb(newest ? messages(...loaded) : []);
  return general;
}

/** Lets everything run that waits for nothing but promises. */
export const settled = () => new Promise((done) => { setImmediate(done); });

/** Waits until `isSo` returns true. Throws after a minute. */
export async function until(isSo) {
  const end = performance.now() + 60_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not so: ${isSo}`);
    await settled();
  }
}

/** Makes pauses pass at once. */
export function skipPauses(t) {
  const { setTimeout } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (done, _ms, ...rest) => setTimeout(done, 0, ...rest));
}
