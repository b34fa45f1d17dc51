// The form in front of the chat: signing in, new accounts, guests, invitations and codes.

import { howToGetIn, typedCode, waysIn, whyNot } from './admission.js';
import { Refusal, createApi } from './api.js';
import { randomId } from './basics.js';
import { $, ask, reveal, setText } from './dom.js';
import { ofBrowser, ofTab, sessions, tokenOf } from './session.js';

/** The ways in, beside which the form can ask for a code (`code`), or take the one of the address (`device`). */
const BUTTON = {
  'sign-in': 'Sign in', new: 'Create account', guest: 'Enter as a guest', code: 'Continue', device: 'Sign in on this device',
};

export class Door {
  /** @param {(session: Session, entry: {notice?: string, isByCode?: boolean}) => void} entered */
  constructor(entered) {
    this.entered = entered;
    this.form = $('come-in');
    this.call = createApi(() => null);
    /** @type {About|null|undefined} undefined: not known yet */
    this.about = undefined;
    /** @type {{kind: 'invite'|'code', code: string}|null} */
    this.code = null;
    this.isTyping = false;
    this.hide = reveal($('password'), $('see-password'));
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); });
    this.form.addEventListener('change', ({ target }) => {
      if (target.matches('[type=radio], [type=checkbox]')) this.#explain();
    });
    this.#leadOn($('modes'));
    $('use-code').addEventListener('click', () => this.#askForCode(!this.isTyping));
    window.addEventListener('storage', ({ key }) => key === sessions.KEY && this.#keptElsewhere());
  }

  /**
   * Moves the focus from a way in that is clicked to what is typed next. The arrow keys, which go through the ways, click
   * them, too. In some browsers, the click that a label passes on looks the same: its `detail` is 0.
   */
  #leadOn(modes) {
    let isPointed = false;
    modes.addEventListener('pointerdown', () => { isPointed = true; });
    modes.addEventListener('keydown', () => { isPointed = false; });
    modes.addEventListener('click', ({ target }) => {
      if (!isPointed || !target.matches('input')) return;
      isPointed = false;
      // The event of the change comes later, and a hidden field takes no focus.
      this.#explain();
      this.#focus();
    });
  }

  get mode() {
    if (this.isTyping) return 'code';
    return this.code?.kind === 'code' ? 'device' : this.form.elements.mode.value;
  }

  get #isInvited() { return this.code?.kind === 'invite'; }

  /** Takes what the server says about itself, and the code in the address. */
  learn(about) {
    this.about = about;
    if (about && !$('door').hidden) document.title = about.name;
    this.#offer();
  }

  take(code) {
    [this.code, this.isTyping] = [code, false];
    this.#offer();
  }

  show(notice) {
    document.body.dataset.view = 'door';
    $('door').hidden = false;
    if (notice) this.say(notice);
    this.#explain();
    this.#focus();
  }

  /** Moves the focus to what comes next, except on a touch screen, where that would open the keyboard. */
  #focus() {
    if (!matchMedia('(hover: hover)').matches) return;
    const next = this.mode === 'device' ? 'enter' : $('name').value && this.mode !== 'guest' ? 'password' : 'name';
    $(next).focus();
  }

  /** Says something above the form. */
  say(notice) {
    setText($('door-notice'), notice);
  }

  /** Shows the ways that are open. */
  #offer() {
    const { about, code } = this;
    const ways = waysIn(about, this.#isInvited);
    const radios = [...this.form.elements.mode];
    for (const radio of radios) radio.parentNode.hidden = !ways.includes(radio.value);
    const wanted = this.#isInvited ? ways[1] ?? 'sign-in' : 'sign-in';
    if (this.offered !== code || !ways.includes(this.form.elements.mode.value)) this.form.elements.mode.value = wanted;
    this.offered = code;
    $('modes').classList.toggle('unknown', about === undefined);
    if (about) setText($('server-name'), about.name);
    if (about?.welcome) setText($('welcome'), about.welcome);
    if (code) this.say(this.#isInvited ? `You are invited to ${about?.name ?? 'linger'}.` : 'This link signs you in on this device, once.');
    this.#explain();
  }

  #askForCode(isAsked) {
    this.isTyping = isAsked;
    if (!isAsked) this.code = null;
    this.#explain();
    $(isAsked ? 'code' : 'name').focus();
  }

  /** Adapts the form to the chosen way in. */
  #explain() {
    const { mode } = this;
    for (const part of this.form.querySelectorAll('[data-for]')) {
      part.hidden = !part.dataset.for.split(' ').includes(mode);
    }
    if (waysIn(this.about, this.#isInvited).length < 2) $('modes').hidden = true;
    setText($('enter'), BUTTON[mode]);
    setText($('name-hint'), { new: 'a–z, 0–9, - and _', guest: 'empty: a random one' }[mode] ?? '');
    setText($('password-hint'), mode === 'new' ? '8 characters or more' : '');
    setText($('keep-hint'), this.#aboutKeeping(mode));
    setText($('how'), ['code', 'device'].includes(mode) ? '' : howToGetIn(this.about, this.#isInvited));
    $('use-code').hidden = !this.about || (mode !== 'code' && Boolean(this.code));
    setText($('use-code'), mode === 'code' ? 'Back' : 'I have a code');
    $('password').autocomplete = mode === 'new' ? 'new-password' : 'current-password';
    this.#refuse('');
  }

  #aboutKeeping(mode) {
    if ($('keep').checked) return 'Until you sign out. Turn this off on a shared computer.';
    return mode === 'guest' ? 'Closing this tab ends your visit. You cannot return under the same name.'
      : 'Closing this tab signs you out of this browser.';
  }

  #refuse(words, field) {
    setText($('refusal'), words);
    for (const id of ['name', 'password', 'code']) $(id).setAttribute('aria-invalid', id === field);
    if (field) $(field).focus();
  }

  async #submit() {
    const { mode } = this;
    if (mode === 'code') return this.#takeTyped();
    const username = $('name').value.trim().toLowerCase();
    const password = $('password').value;
    const isNamed = mode !== 'guest' && mode !== 'device';
    if (isNamed && !username) return this.#refuse('Please enter a name.', 'name');
    if (isNamed && !password) return this.#refuse('Please enter a password.', 'password');
    const body = isNamed ? { username, password } : username && mode === 'guest' ? { username } : {};
    if (mode === 'sign-in') body.create = false;
    if (this.code) body.code = this.code.code;
    this.#refuse('');
    this.hide();
    this.#wait(true);
    try {
      const key = this.#keyOf(JSON.stringify(body));
      await this.#enter(await this.call('POST', 'connect', { body, key, as: 'session' }), mode);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#refuse(...whyNot(refusal, {
        mode, username, isInvited: this.#isInvited, canBeNew: waysIn(this.about, this.#isInvited).includes('new'),
      }));
    } finally {
      this.#wait(false);
    }
  }

  #takeTyped() {
    const code = typedCode($('code').value);
    if (!code) return this.#refuse('Please enter a code.', 'code');
    $('code').value = '';
    this.take({ kind: this.form.elements.codes.value, code });
    (this.mode === 'device' ? $('enter') : $('name')).focus();
    if (this.mode === 'device') this.#submit();
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
    const notice = isKnown ? 'You already had this account. You are signed in to it now.' : '';
    this.#leave(session, { notice, isByCode: mode === 'device' });
  }

  #leave(session, entry = {}) {
    $('password').value = '';
    // Only users with an account can come back.
    if (this.mode === 'guest') $('name').value = '';
    this.form.elements.mode.value = 'sign-in';
    this.say('');
    this.take(null);
    $('door').hidden = true;
    this.entered(session, entry);
  }

  /** Another tab has signed in and stays signed in. This tab enters too, unless the user is typing here. */
  #keptElsewhere() {
    const session = ofBrowser.get(sessions.KEY);
    const isUntouched = !$('name').value && !$('password').value && !this.code;
    if (session && !$('door').hidden && isUntouched && !ofTab.get(sessions.KEY)) this.#leave(session);
  }
}
