// How the page moves: scrolling through a long history, and typing in a large club while others talk.

import { Caller } from '../harness/caller.js';
import { Person } from '../harness/person.js';

const HISTORY = 5000;
const PIXELS_PER_SECOND = 3600;
const SCROLL_SECONDS = 20;
/** A frame that comes later than this after the one before it was missed on a screen of 60 Hz. */
const LATE_MS = 2 * (1000 / 60);

const USERS = 5000;
const ROOMS = 500;
const ROOMS_PER_USER = 50;
const KEYS = 300;
const KEY_MS = 60;
const SENDS_PER_SECOND = 20;

/**
 * Scrolls up through messages with code, replies and reactions. Returns the times between frames in ms, sorted, and
 * `LATE_MS`.
 */
export async function scroll({ browser, server }) {
  const speaker = await Caller.connect(server, { username: 'speaker' });
  const room = await speaker.post('/rooms', { name: 'long' });
  for (let n = 1; n <= HISTORY; n += 1) {
    const text = n % 10 === 0 ? `line ${n}\n\`\`\`js\nconst a = ${n};\nconst b = a * 2;\n\`\`\`` : `*line* ${n}, with \`code\` and a [link](https://example.com/${n})`;
    await speaker.post(`/room/${room.id}/messages`, { text, ...(n % 7 === 0 && { reply_to: n - 5 }) });
    if (n % 5 === 0) await speaker.put(`/room/${room.id}/messages/${n}/reactions/${encodeURIComponent('👍')}`);
  }
  const reader = await (await Person.arrive(browser, server)).tab();
  await reader.enterAsGuest('scroller');
  await reader.findRoom('long');
  await reader.log.locator(`[data-seq="${HISTORY}"]`).waitFor();
  const times = await reader.log.evaluate((log, [speed, seconds]) => new Promise((resolve) => {
    const times = [];
    const begun = performance.now();
    let last = begun;
    const frame = (now) => {
      if (now > last) times.push(now - last);
      log.scrollTop -= Math.round((now - last) * speed / 1000);
      last = now;
      if (now - begun < seconds * 1000) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  }), [PIXELS_PER_SECOND, SCROLL_SECONDS]);
  await reader.page.context().close();
  return { times: sorted(times), late: times.filter((time) => time > LATE_MS).length };
}

/** Types while others talk. Returns the times from a key to the frame that shows it, in ms, sorted. */
export async function type({ browser, server }) {
  const callers = await atOnce(USERS, (n) => Caller.connect(server, { username: `member-${n}` }));
  await atOnce(ROOMS, (n) => callers[Math.floor(n / ROOMS_PER_USER)].post('/rooms', { name: `topic-${n}` }));
  const typist = await (await Person.arrive(browser, server)).tab();
  await typist.enterAsGuest('typist');
  await typist.box.focus();
  await typist.page.evaluate(() => {
    globalThis.shown = [];
    addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => globalThis.shown.push(performance.now() - timeStamp);
      port2.postMessage(null);
    }), { capture: true });
  });
  let sent = 0;
  const talking = setInterval(() => { callers[sent % 50].say(`message ${sent += 1}`); }, 1000 / SENDS_PER_SECOND);
  try {
    await typist.page.keyboard.type('words '.repeat(KEYS / 6), { delay: KEY_MS });
    await typist.page.waitForFunction((count) => globalThis.shown.length === count, KEYS);
  } finally {
    clearInterval(talking);
  }
  const times = await typist.page.evaluate(() => globalThis.shown);
  await typist.page.context().close();
  return sorted(times);
}

const sorted = (times) => times.sort((one, other) => one - other);

/** Calls `does` with 0 to `count` - 1, many at a time. Returns the results in order. */
async function atOnce(count, does) {
  const results = [];
  const rest = Array.from({ length: count }, (_, n) => n)[Symbol.iterator]();
  const worker = async () => {
    for (const n of rest) results[n] = await does(n);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return results;
}
