// Small helpers: time, words, random ids, signals, rings. No document, no network.

export const SECOND = 1000;

/** Waits for `ms`, or until `signal` aborts. Never rejects. */
export const sleep = (ms, signal) => new Promise((done) => {
  const over = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', over);
    done();
  };
  const timer = setTimeout(over, ms);
  signal?.addEventListener('abort', over);
});

/**
 * Returns a signal that aborts with the first of `signals`, or after `ms`. It does what `AbortSignal.any` and
 * `AbortSignal.timeout` do, which older browsers lack. `done()` lets go of the signals.
 * @returns {{signal: AbortSignal, done: () => void}}
 */
export function either(signals, ms) {
  const both = new AbortController();
  const timer = ms && setTimeout(() => both.abort(), ms);
  const watched = signals.filter(Boolean).map((signal) => {
    const abort = () => both.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    return () => signal.removeEventListener('abort', abort);
  });
  const done = () => {
    clearTimeout(timer);
    for (const forget of watched) forget();
  };
  both.signal.addEventListener('abort', done);
  return { signal: both.signal, done };
}

/** Returns a random time between half of `ms` and `ms`, so that many clients do not retry at the same moment. */
export const jitter = (ms) => ms * (0.5 + Math.random() / 2);

const hex = (byte) => byte.toString(16).padStart(2, '0');
export const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(hex).join('');

/**
 * Returns the place beside `at` in a ring of `length`. From nowhere (-1) it is the first or the last one; in an empty
 * ring, -1.
 */
export function beside(at, step, length) {
  if (!length) return -1;
  return at < 0 && step < 0 ? length - 1 : (at + step + length) % length;
}

// --- words

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** Returns "in 5 seconds" or, from a minute and a half on, "in 3 minutes, at 14:05". */
export function whenIn(seconds) {
  if (seconds < 90) return `in ${plural(Math.max(1, Math.ceil(seconds)), 'second')}`;
  return `in ${plural(Math.ceil(seconds / 60), 'minute')}, at ${clock.format(Date.now() + seconds * SECOND)}`;
}

const cycle = (hours) => (hours ? { hourCycle: hours === 24 ? 'h23' : 'h12' } : {});
const timeIn = (hours) => new Intl.DateTimeFormat([], { hour: hours === 24 ? '2-digit' : 'numeric', minute: '2-digit', ...cycle(hours) });
const fullTimeIn = (hours) => new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'short', ...cycle(hours) });
let [short, full] = [timeIn(0), fullTimeIn(0)];

export const clock = { format: (at) => short.format(at) };
export const fullTime = { format: (at) => full.format(at) };

/** Writes times in 12 or 24 hours from now on, or as the language has it. @param {0|12|24} hours */
export function setHours(hours) {
  [short, full] = [timeIn(hours), fullTimeIn(hours)];
}

/** Returns the local day of a time, as a string to compare. */
export const dayOf = (at) => new Date(at).toDateString();

/** Returns "Today", "Yesterday", or the date, with the year if it is another one. */
export function dayName(at, now = new Date()) {
  const day = new Date(at);
  if (dayOf(day) === dayOf(now)) return 'Today';
  if (dayOf(day) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  const year = day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' };
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year });
}
