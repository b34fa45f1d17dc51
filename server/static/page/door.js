// The form in front of the chat: signing in, new accounts, guests.

import { Refusal, createApi } from './api.js';
import { randomId } from './basics.js';
import { $, ask, setText } from './dom.js';
import { ofBrowser, ofTab, sessions, tokenOf } from './session.js';

export class Door {
  static BUTTON = { 'sign-in': 'Sign in', new: 'Create account', guest: 'Enter as a guest' };

  /** @param {(session: Session, notice: string) => void} entered */
  constructor(entered) {
    this.entered = entered;
    this.form = $('come-in');
    this.call = createApi(() => null);
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); });
    this.form.addEventListener('change', ({ target }) => {
      if (target.matches('[type=radio], [type=checkbox]')) this.#explain();
    });
    window.addEventListener('storage', ({ key }) => key === sessions.KEY && this.#keptElsewhere());
  }

  get mode() { return this.form.elements.mode.value; }

  show(notice) {
    document.body.dataset.view = 'door';
    $('door').hidden = false;
    if (notice) this.say(notice);
    this.#explain();
    if (matchMedia('(hover: hover)').matches) $('name').focus();
  }

  /** Says something above the form. */
  say(notice) {
    setText($('door-notice'), notice);
  }

  /** Adapts the form to the chosen way in. */
  #explain() {
    const { mode } = this;
    for (const part of this.form.querySelectorAll('[data-for]')) {
      part.hidden = !part.dataset.for.split(' ').includes(mode);
    }
    setText($('enter'), Door.BUTTON[mode]);
    const hints = {
      new: 'Up to 32 characters: a–z, 0–9, - and _.',
      guest: 'Leave empty to get a random name.',
    };
    setText($('name-hint'), hints[mode] ?? '');
    setText($('keep-hint'), this.#aboutKeeping(mode));
    $('password').autocomplete = mode === 'new' ? 'new-password' : 'current-password';
    this.#refuse('');
  }

  #aboutKeeping(mode) {
    if ($('keep').checked) return 'Until you sign out, even if you close the browser. Not for shared computers.';
    return mode === 'guest' ? 'Closing this tab ends your visit. You cannot return under the same name.'
      : 'Closing this tab signs you out of this browser.';
  }

  #refuse(words, field) {
    setText($('refusal'), words);
    for (const id of ['name', 'password', 'repeat']) $(id).setAttribute('aria-invalid', id === field);
    if (field) $(field).focus();
  }

  async #submit() {
    const { mode } = this;
    const username = $('name').value.trim().toLowerCase();
    const password = $('password').value;
    if (!username && mode !== 'guest') return this.#refuse('Please enter a name.', 'name');
    if (!password && mode !== 'guest') return this.#refuse('Please enter a password.', 'password');
    if (mode === 'new' && password !== $('repeat').value) {
      return this.#refuse('The passwords do not match.', 'repeat');
    }
    const body = mode !== 'guest' ? { username, password } : username ? { username } : {};
    if (mode === 'sign-in') body.create = false;
    this.#refuse('');
    this.#wait(true);
    try {
      const key = this.#keyOf(JSON.stringify(body));
      await this.#enter(await this.call('POST', 'connect', { body, key, as: 'session' }), mode);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#refuse(...this.#reason(refusal, username));
    } finally {
      this.#wait(false);
    }
  }

  /** Returns the same key for the same request, whose answer may have been lost: nothing is created twice. */
  #keyOf(request) {
    if (this.request !== request) [this.request, this.key] = [request, randomId()];
    return this.key;
  }

  #wait(isWaiting) {
    $('enter').disabled = isWaiting;
    $('enter').setAttribute('aria-busy', isWaiting);
  }

  /** @returns {[string, string?]} the words, and the field they are about */
  #reason(refusal, username) {
    const taken = `The name “${username}” is taken.`;
    if (refusal.status === 409) return [`${taken} Choose another, or sign in if it is yours.`, 'name'];
    if (refusal.status === 401 && this.mode === 'new') {
      return [`${taken} If it is yours, sign in with its password.`, 'name'];
    }
    if (refusal.status === 401) {
      return ['Wrong name or password. If you are new here, choose “New account”. '
        + '(Guests have no password, so you cannot sign in with a guest’s name.)', 'password'];
    }
    if (refusal.status === 400) return [refusal.message, /password/i.test(refusal.message) ? 'password' : 'name'];
    return [refusal.words];
  }

  /**
   * Enters with a new session. A server of version 0.1 does not know `create` and makes an account if the name is free.
   * A user who wanted to sign in is therefore asked whether the new account is wanted: the name may be a typo.
   */
  async #enter(answer, mode) {
    this.request = '';
    const { token, user, returning } = answer;
    const session = { id: randomId(), user, ...tokenOf(answer) };
    if (mode === 'sign-in' && !returning) {
      const text = `There was no account named “${user.name}”, so the server has created one with the password `
        + 'you typed. If the name was a typo, sign out and try again. The new account will remain, unused.';
      const isWanted = await ask('New account created', text, 'Keep the account', 'Sign out');
      if (!isWanted) {
        createApi(() => token)('POST', 'disconnect').catch(() => {});
        return this.#refuse(`You are signed out. Check the name: “${user.name}” was not taken.`, 'name');
      }
    }
    sessions.save(session, $('keep').checked);
    const isKnown = mode === 'new' && returning;
    this.#leave(session, isKnown ? 'You already had this account. You are signed in to it now.' : '');
  }

  #leave(session, notice) {
    for (const id of ['password', 'repeat']) $(id).value = '';
    this.say('');
    this.#refuse('');
    $('door').hidden = true;
    this.entered(session, notice);
  }

  /** Another tab has signed in and stays signed in. This tab enters too, unless the user is typing here. */
  #keptElsewhere() {
    const session = ofBrowser.get(sessions.KEY);
    const isUntouched = !$('name').value && !$('password').value;
    if (session && !$('door').hidden && isUntouched && !ofTab.get(sessions.KEY)) this.#leave(session, '');
  }
}
