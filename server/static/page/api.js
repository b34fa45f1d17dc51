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
  constructor(status, { type = '', title, detail } = {}, retryAfterSeconds = 0, foreign = 0) {
    super([detail, title].find(isWord) ?? `status ${status}`);
    this.status = status;
    this.type = type;
    this.retryAfterSeconds = retryAfterSeconds;
    this.foreign = foreign;
  }

  /** Whether the same call may succeed in a moment. */
  get isTransient() {
    return [0, 408, 429].includes(this.status) || this.status >= 500;
  }

  /** Whether the session is over. Nothing else ends it. */
  get isSignedOut() {
    return this.status === 401 && /^\/problems\/unauthorized$/.test(this.type);
  }

  /** The name of the problem, such as "not-found", or ''. */
  get problem() {
    return this.type.replace(/^\/problems\//, '');
  }

  /** What is wrong, in a sentence. */
  get cause() {
    const { foreign } = this;
    if (this.status === 429) return 'Too many attempts.';
    if (this.status) return this.message;
    if (foreign === 'password') {
      return 'A proxy in front of linger asks for a password of its own, and takes the place of linger’s sign-in. '
        + 'This page cannot work behind it: the administrator has to turn it off for linger.';
    }
    if ([401, 407, 'redirect'].includes(foreign)) {
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

// --- what answers look like

const isWord = (value) => typeof value === 'string' && value !== '';
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTime = (value) => isWord(value) && !Number.isNaN(Date.parse(value));
const isList = (of) => (value) => Array.isArray(value) && value.every(of);
const isNamed = (value) => isCount(value?.id) && isWord(value.name);

/** Returns whether a message or a conversation is of a room or, by `peer`, of two users. */
const isPlaced = ({ room, room_id: roomId, ...value }, peer) =>
  (room === undefined ? isWord(value[peer]) : isWord(room) && isCount(roomId));
const isReaction = (value) => isWord(value?.emoji) && isCount(value.count) && isList(isWord)(value.users);
const isMessage = (value) => isCount(value?.id) && isCount(value.seq) && isWord(value.from) && isTime(value.sent_at)
  && typeof value.text === 'string' && isPlaced(value, 'to')
  && (value.reactions == null || isList(isReaction)(value.reactions));
const isConversation = (value) => isCount(value?.newest) && isCount(value.last_read) && isPlaced(value, 'with')
  && (value.messages == null || isList(isMessage)(value.messages));
/** A room that the user may not see any more. */
const isLost = ({ joined, room, room_id: roomId }) => !joined && room === undefined && isCount(roomId);
/** Servers before 0.2 name no changes. */
const isChanged = ({ changed = [], conversations = [] }) => isList(isMessage)(changed)
  && isList((value) => typeof value?.joined === 'boolean' && (isPlaced(value, 'with') || isLost(value)))(conversations);
const isRoom = (value) => isNamed(value) && isCount(value.members) && typeof value.joined === 'boolean';

/** What the page relies on, by the kind of an answer. An answer that lacks it is not the server's. */
const KINDS = {
  message: isMessage,
  page: (answer) => isList(isMessage)(answer?.messages),
  poll: (answer) => KINDS.page(answer) && KINDS.cursor(answer),
  cursor: (answer) => isWord(answer?.cursor) && isChanged(answer),
  reactions: isList(isReaction),
  status: (answer) => isList(isConversation)(answer?.conversations) && isTime(answer.server?.started_at),
  room: isRoom,
  rooms: isList(isRoom),
  users: isList(isNamed),
  token: (answer) => isWord(answer?.token),
  code: (answer) => isWord(answer?.code) && isTime(answer.expires_at),
  invites: isList((value) => isCount(value?.id) && isCount(value.uses_left) && isTime(value.expires_at)),
  members: isList((value) => isWord(value?.name) && isWord(value.role)),
  person: isNamed,
  sessions: isList((value) => isWord(value?.id) && isTime(value.last_seen_at)),
  me: (answer) => isNamed(answer) && typeof answer.guest === 'boolean',
  server: (answer) => isWord(answer?.name) && isWord(answer.registration) && isWord(answer.guests),
  session: (answer) => KINDS.token(answer) && isNamed(answer.user),
};

// --- calls

/**
 * Whether cookies go along. They have to if the user has signed in to a proxy, and without them it answers itself. If
 * it asks for a password instead, they must not: the browser would ask the user, at every call, for one that the
 * session's token leaves no room for.
 */
let credentials = 'omit';

/**
 * Returns a function that calls the server with `token()`, or without a token if that is null. The function resolves
 * to the parsed JSON, which is of the kind `as`, or to null if the call answers nothing. It throws a Refusal, or the
 * reason of `signal`.
 *
 * Redirects are not followed: no call of the server is redirected, so they lead to somewhere else.
 */
export function createApi(token) {
  return async (method, path, { body, as, key, match, signal, seconds = 15, keepalive = false } = {}) => {
    const headers = {};
    const bearer = token();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key) headers['idempotency-key'] = key;
    if (match) headers['if-match'] = `"${match}"`;
    const options = {
      method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body), cache: 'no-store',
      redirect: 'manual',
    };
    const ask = async () => {
      const limit = either([signal], seconds * SECOND);
      try {
        const response = await fetch(path, { ...options, credentials, signal: limit.signal });
        return understand(response, await response.text(), as);
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
function understand(response, text, as) {
  const { status, headers } = response;
  const kind = headers.get('content-type') ?? '';
  let answer = null;
  if (/json/.test(kind)) try { answer = JSON.parse(text); } catch { /* cut off, or not the server's */ }
  const retryAfter = Number(headers.get('retry-after')) || 0;
  if (response.ok) {
    // By the server's clock: this computer's may be wrong.
    if (answer?.expires_at) answer.life = Date.parse(answer.expires_at) - (Date.parse(headers.get('date')) || Date.now());
    // Anything in between can answer 204, but not with the name that the server gives each answer.
    if (as ? KINDS[as](answer) : status === 204 && headers.has('x-request-id')) return answer;
  } else if (/problem\+json/.test(kind) && isWord(answer?.type) && /^\/problems\/./.test(answer.type)) {
    throw new Refusal(status, answer, retryAfter);
  }
  const asksForPassword = status === 401 && /^(basic|digest|negotiate|ntlm)/i.test(headers.get('www-authenticate'));
  const foreign = response.type === 'opaqueredirect' ? 'redirect' : asksForPassword ? 'password' : status;
  throw new Refusal(0, {}, Math.min(retryAfter, MAX_FOREIGN_PAUSE_SECONDS), foreign);
}
