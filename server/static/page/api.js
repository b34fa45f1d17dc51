// Calls to the server, one at a time, and what is understood as its answer.
//
// All paths are relative, so the page works wherever a proxy puts it. The browser resolves them against the page.

import { SECOND, either, whenIn } from './basics.js';

/** A proxy's `Retry-After` does not keep the page waiting for longer. */
const MAX_FOREIGN_PAUSE_SECONDS = 10;

/** Returns whether the browser knows that it has no network. */
export const isOffline = () => globalThis.navigator?.onLine === false;

/**
 * A call that failed. `status` is the server's own. It is 0 if the server has not answered; `foreign` is then what
 * something in between has answered, if anything has: its status, "redirect", or "password" if it asks for one.
 */
export class Refusal extends Error {
  constructor(status, problem = {}, retryAfterSeconds = 0, foreign = 0) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.status = status;
    this.type = problem.type ?? '';
    this.retryAfterSeconds = retryAfterSeconds;
    this.foreign = foreign;
  }

  /** Whether the same call may succeed in a moment. */
  get isTransient() {
    return [0, 408, 429, 503].includes(this.status);
  }

  /** Whether the session is over. Nothing else ends it. */
  get isSignedOut() {
    return this.status === 401 && /^\/problems\/unauthorized$/.test(this.type);
  }

  /** What is wrong, in a sentence. */
  get cause() {
    const { foreign } = this;
    if (this.status === 429) return 'Too many attempts.';
    if (this.status) return this.message;
    if ([401, 407, 'password', 'redirect'].includes(foreign)) {
      return 'Something in front of linger, such as a proxy, asks for its own sign-in. Reload this page to see it.';
    }
    if (foreign) return `A proxy or network in between has answered instead of linger (status ${foreign}).`;
    return isOffline() ? 'No network.' : 'The server is not responding.';
  }

  /** The reason, in words for the user. */
  get words() {
    if (!this.status && !this.foreign) return 'The server cannot be reached. Check your connection, then try again.';
    if (!this.isTransient) return this.cause;
    const again = this.retryAfterSeconds ? whenIn(this.retryAfterSeconds) : 'in a moment';
    return `${this.cause} Try again ${again}.`;
  }
}

/**
 * Whether cookies go along. They have to if the user has signed in to a proxy, and without them it answers itself. If
 * it asks for a password instead, they must not: the browser would ask the user, at every call, for one that the
 * session's token leaves no room for.
 */
let credentials = 'omit';

/**
 * Returns a function that calls the server with `token()`, or without a token if that is null. The function resolves
 * to the parsed JSON, which has the field `has`, or to null if the call answers nothing. It throws a Refusal, or the
 * reason of `signal`.
 *
 * Redirects are not followed: no call of the server is redirected, so they lead to somewhere else.
 */
export function createApi(token) {
  return async (method, path, { body, has, key, signal, seconds = 15, keepalive = false } = {}) => {
    const headers = {};
    const bearer = token();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key) headers['idempotency-key'] = key;
    const options = {
      method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store',
      redirect: 'manual',
    };
    const ask = async () => {
      const limit = either([signal], seconds * SECOND);
      try {
        const response = await fetch(path, { ...options, credentials, signal: limit.signal });
        return understand(response, await response.text(), has);
      } catch (cause) {
        if (signal?.aborted || cause instanceof Refusal) throw cause;
        throw new Refusal(0);
      } finally {
        limit.done();
      }
    };
    try {
      return await ask();
    } catch (refusal) {
      if (!refusal.foreign || refusal.foreign === 'password' || credentials !== 'omit') throw refusal;
    }
    credentials = 'same-origin';
    try {
      return await ask();
    } catch (refusal) {
      if (refusal.foreign) credentials = 'omit';
      throw refusal;
    }
  };
}

/** Returns the server's answer. Throws a Refusal if it is a problem, or the answer of something in between. */
function understand(response, text, has) {
  const { status, headers } = response;
  const kind = headers.get('content-type') ?? '';
  let answer = null;
  if (/json/.test(kind)) try { answer = JSON.parse(text); } catch { /* cut off, or not the server's */ }
  const retryAfter = Number(headers.get('retry-after')) || 0;
  if (response.ok) {
    // By the server's clock: this computer's may be wrong.
    if (answer?.expires_at) answer.life = Date.parse(answer.expires_at) - (Date.parse(headers.get('date')) || Date.now());
    if (has ? answer?.[has] != null : status === 204) return answer;
  } else if (/problem\+json/.test(kind) && /^\/problems\/./.test(answer?.type)) {
    throw new Refusal(status, answer, retryAfter);
  }
  const asksForPassword = status === 401 && /^(basic|digest|negotiate|ntlm)/i.test(headers.get('www-authenticate'));
  const foreign = response.type === 'opaqueredirect' ? 'redirect' : asksForPassword ? 'password' : status;
  throw new Refusal(0, {}, Math.min(retryAfter, MAX_FOREIGN_PAUSE_SECONDS), foreign);
}
