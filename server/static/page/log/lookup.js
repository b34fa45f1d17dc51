// Lookups of names that appear in the log, in batches. Answers that may change are refreshed. No document.

import { SECOND } from '../basics.js';

/** Names are collected for this long, and this many are asked for at once. */
const PAUSE_MS = 100;
const NAMES = 100;
/** So many rooms are asked for by their names. For more of them, the list of rooms comes first. */
const FEW = 10;
const PAGE = 500;

/** @template {{name: string}} Found */
export class Lookup {
  /** How long it holds that there is nothing under a name: it may be taken any time. */
  static AGE_SECONDS = 60;
  /** How long after a refusal names are asked for again. */
  static RETRY_SECONDS = 15;

  /**
   * @param {{find: (names: string[]) => Promise<Found[]>, isLasting?: (found: Found) => boolean, changed: () => void,
   *   signal: AbortSignal}} does `isLasting` returns whether an answer holds for good
   */
  constructor({ find, isLasting = () => true, changed, signal }) {
    Object.assign(this, { find, isLasting, changed, signal });
    /** @type {Map<string, {found?: Found, at: number}>} */
    this.answers = new Map();
    /** The names that are to be asked for, or are being asked for. */
    this.wanted = new Set();
    signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /** Returns what is known under a name. Returns undefined if there is nothing, and as long as that is asked for. */
  get(name) {
    const answer = this.answers.get(name);
    if (!answer || this.#isOld(answer)) {
      this.wanted.add(name);
      this.timer ??= setTimeout(() => this.#ask(), PAUSE_MS);
    }
    return answer?.found;
  }

  #isOld({ found, at }) {
    if (found && this.isLasting(found)) return false;
    return performance.now() - at > Lookup.AGE_SECONDS * SECOND;
  }

  async #ask() {
    const names = [...this.wanted].slice(0, NAMES);
    let pause = PAUSE_MS;
    try {
      const found = new Map((await this.find(names)).map((one) => [one.name, one]));
      const at = performance.now();
      for (const name of names) {
        this.wanted.delete(name);
        this.answers.set(name, { found: found.get(name), at });
      }
    } catch (refusal) {
      pause = Math.max(Lookup.RETRY_SECONDS, refusal.retryAfterSeconds ?? 0) * SECOND;
    }
    if (this.signal.aborted) return;
    this.timer = this.wanted.size ? setTimeout(() => this.#ask(), pause) : undefined;
    this.changed();
  }
}

/**
 * Finds rooms that are not archived. The server is asked for one name at a time, and only for what a full list lacks.
 * @param {(path: string) => Promise<{name: string, archived?: boolean}[]>} get
 */
export async function findRooms(names, get) {
  const isMany = names.length > FEW;
  const found = isMany ? await get(`rooms?limit=${PAGE}`) : [];
  if (isMany && found.length < PAGE) return found;
  const listed = new Set(found.map(({ name }) => name));
  for (const name of names.filter((name) => !listed.has(name))) found.push(...await get(`rooms?name=${name}`));
  return found.filter(({ archived }) => !archived);
}
