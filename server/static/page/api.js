// Calls to the server: one at a time (`createApi`), and the poll that is held open (`Poller`).
//
// All paths are relative, so the page works wherever a proxy puts it. The browser resolves them against the page.

import { SECOND, jitter, sleep, whenIn } from './basics.js';

const POLL_SECONDS = 25;
const MAX_BACKOFF_SECONDS = 30;

/** Returns whether the browser knows that it has no network. */
export const isOffline = () => globalThis.navigator?.onLine === false;

/** A call that failed. `status` is 0 if no answer came. */
export class Refusal extends Error {
  constructor(status, problem = {}, retryAfterSeconds = 0) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.status = status;
    this.type = problem.type ?? '';
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same call may succeed in a moment. */
  get isTransient() {
    return [0, 429, 502, 503, 504].includes(this.status);
  }

  /** The reason, in words for the user. */
  get words() {
    const again = this.retryAfterSeconds ? ` Try again ${whenIn(this.retryAfterSeconds)}.` : ' Try again in a moment.';
    switch (this.status) {
      case 0: return 'The server cannot be reached. Check your connection, then try again.';
      case 429: return `Too many attempts.${again}`;
      case 502: case 503: case 504: return `The server cannot reach its database.${again}`;
      default: return this.message;
    }
  }
}

/**
 * Returns a function that calls the server with `token`, or without one if it is null. The function resolves to the
 * parsed JSON, or to null if there is none. It throws a Refusal, or the reason of `signal`.
 */
export function createApi(token) {
  return async (method, path, { body, key, signal, seconds = 15, keepalive = false } = {}) => {
    const headers = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key) headers['idempotency-key'] = key;
    const limit = AbortSignal.timeout(seconds * SECOND);
    let response, answer;
    try {
      response = await fetch(path, {
        method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, limit]) : limit, cache: 'no-store', credentials: 'omit',
      });
      const text = await response.text();
      answer = /json/.test(response.headers.get('content-type') ?? '') && text ? JSON.parse(text) : null;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new Refusal(0);
    }
    if (response.ok && (answer || response.status === 204)) return answer;
    // A successful answer without JSON comes from a proxy or a captive portal, not from the server.
    const retryAfterSeconds = Number(response.headers.get('retry-after')) || 0;
    throw new Refusal(response.ok ? 0 : response.status, answer ?? {}, retryAfterSeconds);
  };
}

// --- the held poll

/**
 * What the page says about its connection.
 * @typedef {{name: 'connecting'|'connected'|'waiting', words: string}} ConnectionState
 */
export const CONNECTING = { name: 'connecting', words: 'Connecting…' };
export const CONNECTED = { name: 'connected', words: 'Connected' };

/** Returns the path of a poll. It marks nothing as read: only what was on the screen counts. */
export const pollPath = (cursor, wait) =>
  `poll?cursor=${encodeURIComponent(cursor)}&wait=${wait}&limit=500&mark_read=false`;

/** Returns how many milliseconds to wait after the last of `failures` failed polls in a row. */
export function backoff(failures, { status, retryAfterSeconds }) {
  const growing = Math.min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** failures);
  // The session holds as many polls as it may. A slot is free when one of them ends.
  const seconds = status === 409 ? 10 : Math.max(retryAfterSeconds, growing);
  return jitter(seconds * SECOND) + retryAfterSeconds * SECOND / 2;
}

/** Says in a sentence why a poll failed. */
function trouble(refusal) {
  if (refusal.status === 0) return isOffline() ? 'No network.' : 'The server is not responding.';
  if (refusal.status === 409) return 'Too many tabs are connected.';
  return refusal.isTransient && refusal.status !== 429 ? 'The server cannot reach its database.' : refusal.message;
}

/** The held poll: asks again and again, and backs off while there is no answer. */
export class Poller {
  /**
   * @param {{api: Function, cursor: () => string, page: Function, state: (state: ConnectionState) => void,
   *   reset: Function}} does
   */
  constructor(does) {
    this.does = does;
    this.failures = 0;
    this.isHealthy = false;
  }

  /** Polls until `signal` aborts. */
  async hold(signal) {
    this.isHealthy = false;
    while (!signal.aborted) await this.patiently((now) => this.#ask(now), signal);
  }

  /** Runs `task` until it succeeds, with growing pauses, and reports what it is waiting for. */
  async patiently(task, signal) {
    while (!signal.aborted) {
      this.turn = new AbortController();
      const now = AbortSignal.any([signal, this.turn.signal]);
      try {
        return await task(now);
      } catch (refusal) {
        if (now.aborted) continue;
        if (!(refusal instanceof Refusal)) throw refusal;
        await this.#recover(refusal, now);
      }
    }
  }

  /** Asks at once instead of waiting: the network is back, or the user looks at the page again. */
  nudge() {
    this.turn?.abort();
  }

  async #ask(signal) {
    // The first poll after a failure is answered at once, so that the page soon says "Connected".
    const wait = this.isHealthy ? POLL_SECONDS : 0;
    const asked = performance.now();
    const page = await this.does.api('GET', pollPath(this.does.cursor(), wait), { signal, seconds: wait + 15 });
    this.isHealthy = true;
    this.failures = 0;
    this.does.page(page);
    this.does.state(CONNECTED);
    // A server that is stopping answers all its clients at once; they must not all return at once.
    if (wait && !page.messages.length && performance.now() - asked < SECOND) await sleep(jitter(SECOND), signal);
  }

  async #recover(refusal, signal) {
    this.isHealthy = false;
    // The cursor is of another database.
    if (refusal.status === 410) {
      this.does.state(CONNECTING);
      return this.does.reset();
    }
    this.failures += 1;
    const pause = backoff(this.failures, refusal);
    this.does.state({ name: 'waiting', words: `${trouble(refusal)} Retrying ${whenIn(pause / SECOND)}.` });
    await sleep(pause, signal);
  }
}
