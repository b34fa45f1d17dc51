// The dialogs "Account": the user's own name, password, and leaving; and "Devices": sessions, and another device.

import { mayBecomeAccount } from '../admission.js';
import { button, choice, field, form, grave, Panel, secret } from '../dialogs.js';
import { ask, element } from '../dom.js';

const WRONG = { 'wrong-credentials': 'The password is wrong.', 'last-admin': 'You are the last administrator: make another user one first.' };

const when = (time) => new Date(time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });

export class Account {
  /**
   * @param {{api: Function, me: string, about: About|null, end: (notice: string) => void, leaving: (notice: string) => void,
   *   share: Function, became: Function}} does
   */
  constructor(does) {
    Object.assign(this, does);
  }

  async show() {
    const panel = this.panel = new Panel('Account');
    const me = await panel.attempt(() => this.api('GET', 'me', { as: 'me' }), { 'not-found': 'This server has nothing to change here.' });
    if (!me || !panel.isOpen) return;
    this.account = me;
    if (!me.guest || mayBecomeAccount(this.about, me)) this.#password();
    if (me.may_set_password) panel.say('You came by a recovery code. Set a new password now.');
    this.#name();
    this.#leaving();
  }

  /** Shows where the user is signed in. */
  async showDevices() {
    this.panel = new Panel('Devices');
    await this.#sessions();
    if (this.panel.isOpen) this.#device();
  }

  #name() {
    const { panel, account } = this;
    const name = field('Display name', { value: account.display_name ?? '', maxLength: 64, autocomplete: 'off' }, `Shown beside ${account.name}. Leave empty for none.`);
    panel.section('Name', form('Name', 'Save', () => panel.attempt(async () => {
      await this.api('PATCH', 'me', { body: { display_name: name.input.value.trim() || null }, as: 'me' });
      panel.say('Your display name is saved.');
    }), name.row));
  }

  #password() {
    const { panel, account } = this;
    const needsOld = !account.guest && !account.may_set_password;
    const username = element('input', { type: 'text', autocomplete: 'username', value: account.name, hidden: true, readOnly: true });
    const old = secret('Current password', { autocomplete: 'current-password' });
    const fresh = secret('New password', { autocomplete: 'new-password' }, '8 characters or more.');
    const title = account.guest ? 'Make this an account' : 'Password';
    const about = account.guest ? ['With a password you can come back under this name.'] : ['Your other sessions end.'];
    const part = panel.section(title, element('p', { className: 'note' }, ...about), form(title, account.guest ? 'Create account' : 'Change password', async () => {
      const body = { new: fresh.input.value, ...(needsOld ? { old: old.input.value } : {}) };
      const isDone = await panel.attempt(async () => {
        await this.api('PUT', 'me/password', { body });
        return true;
      }, WRONG);
      if (!isDone) return;
      this.became();
      await this.show();
      this.panel.say(account.guest ? 'You have an account now.' : 'Your password is changed.');
    }, username, ...(needsOld ? [old.row] : []), fresh.row));
    part.querySelector('input[type=password]').focus();
  }

  #device() {
    const { panel } = this;
    const place = element('div', { 'aria-live': 'polite' });
    panel.section('Another device', element('p', { className: 'note' }, 'A link that signs you in on another device, once, within ten minutes. Show it to nobody else.'),
      button('Make a link', () => panel.attempt(async () => {
        place.replaceChildren(this.share('code', await this.api('POST', 'me/code', { as: 'code' })));
        place.querySelector('button').focus();
        place.scrollIntoView({ block: 'nearest' });
      })), place);
  }

  async #sessions() {
    const { panel } = this;
    const list = element('ul', { className: 'entries' });
    const others = button('End all other sessions', () => panel.attempt(async () => {
      await this.api('DELETE', 'me/sessions');
      panel.say('All other sessions are ended.');
      await load();
    }));
    panel.section('Sessions', list, others);
    const load = async () => {
      const sessions = await panel.attempt(() => this.api('GET', 'me/sessions', { as: 'sessions' }));
      if (!sessions) return;
      others.hidden = sessions.length < 2;
      sessions.sort((a, b) => b.current - a.current);
      list.replaceChildren(...sessions.map((session) => {
        const name = session.client || 'Unknown client';
        const note = [session.address, `last seen ${when(session.last_seen_at)}`].filter(Boolean).join(', ');
        const text = element('p', {}, element('strong', {}, session.current ? `${name} (this one)` : name), ' ', element('span', { className: 'note' }, note));
        const end = () => panel.attempt(async () => {
          await this.api('DELETE', `me/sessions/${session.id}`);
          await load();
        });
        return element('li', {}, text, ...(session.current ? [] : [button('End', end, { className: 'plain small', 'aria-label': `End ${name}` })]));
      }));
    };
    await load();
  }

  #leaving() {
    const { panel, account } = this;
    const password = secret('Password', { autocomplete: 'current-password' });
    const fate = choice('Your messages', [['keep', 'stay, without your name'], ['erase', 'are erased']], 'keep');
    panel.section('Leave for good', grave(form('Leave for good', 'Leave for good', async () => {
      const text = `${account.name} can never be used again. Your messages ${fate.input.value === 'keep' ? 'stay, without your name' : 'are erased everywhere'}.`;
      if (!(await ask('Leave for good?', text, 'Leave', 'Stay', true))) return;
      const body = { messages: fate.input.value, ...(account.guest ? {} : { password: password.input.value }) };
      // The poll may learn it first.
      this.leaving('You have left for good.');
      const isDone = await panel.attempt(async () => {
        await this.api('DELETE', 'me', { body });
        return true;
      }, WRONG);
      if (isDone) this.end('You have left for good.');
      else this.leaving('');
    }, ...(account.guest ? [] : [password.row]), fate.row)));
  }
}
