// The first minute: what an empty conversation says, an invitation to copy, and what a guest is offered.

import { mayBecomeAccount, mayInvite } from '../admission.js';
import { Refusal } from '../api.js';
import { $, focusBox, setText } from '../dom.js';
import { ofTab } from '../session.js';

const USES = 5;
const DAYS = 7;

/** Returns what an empty conversation says: a greeting, and one thing to do. */
function greeting({ kind, name, label, roomId }, me, serverName) {
  if (kind === 'direct') return [`You and ${name}`, 'Only the two of you see what is written here. Say hello below.'];
  if (roomId === 1) return [`Welcome to ${serverName}, ${me}`, 'Nobody has written anything yet. Say hello below.'];
  return [`${label} is new`, 'Say below what this room is for.'];
}

export class FirstSteps {
  /** That a guest wants no account now, in the storage of the tab. */
  static DECLINED = 'linger.guest';

  /**
   * @param {{me: string, api: Function, store: Store, notices: Notices, account: () => void, signal: AbortSignal}} does
   */
  constructor(does) {
    Object.assign(this, does);
    const { signal } = does;
    $('copy-invitation').addEventListener('click', () => this.#copyInvitation(), { signal });
    $('become').addEventListener('click', () => this.account(), { signal });
    $('stay-guest').addEventListener('click', () => { ofTab.set(FirstSteps.DECLINED, true); this.#offer(); focusBox(); }, { signal });
    signal.addEventListener('abort', () => ofTab.remove(FirstSteps.DECLINED));
  }

  render(conversation, canWrite) {
    const { about, account } = this.store;
    const isEmpty = conversation.isLoaded && !conversation.newest && canWrite;
    $('first-steps').hidden = !isEmpty;
    if (isEmpty) {
      const [title, words] = greeting(conversation, this.me, this.notices.serverName);
      setText($('first-title'), title);
      setText($('first-words'), words);
      $('copy-invitation').hidden = conversation.kind !== 'room' || !mayInvite(about, account);
    }
    if (this.at !== conversation) setText($('copy-invitation'), 'Copy an invitation');
    this.at = conversation;
    this.#offer();
  }

  #offer() {
    const { about, account } = this.store;
    $('guest-offer').hidden = !mayBecomeAccount(about, account) || Boolean(ofTab.get(FirstSteps.DECLINED));
  }

  /** Makes an invitation and copies its link. */
  async #copyInvitation() {
    const { at: { name, roomId }, store: { about } } = this;
    const body = { uses: USES, days: DAYS, rooms: roomId === 1 ? [] : [name], guest: about.registration === 'closed' };
    let link = '';
    try {
      const { code } = await this.api('POST', 'invites', { body, as: 'code' });
      link = `${location.origin}${location.pathname}#invite=${code}`;
      await navigator.clipboard.writeText(link);
      setText($('copy-invitation'), `Copied: for ${USES} people, ${DAYS} days`);
    } catch (error) {
      // Without https, or without the user's leave, there is no clipboard.
      this.notices.alert(error instanceof Refusal ? error.words : `Copy this link: ${link}`);
    }
  }
}
