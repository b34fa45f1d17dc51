// The dialog "Person": write privately and, for administrators, what they answer for.

import { button, choice, form, grave, Panel } from '../dialogs.js';
import { ask, element } from '../dom.js';

const WORDS = { 'last-admin': 'This is the last administrator: make another user one first.', 'not-found': 'There is no such user, or this server cannot do that.' };

export class Person {
  /**
   * @param {{api: Function, me: string, role: () => Promise<string>, write: (name: string) => void, share: Function}}
   *   does
   */
  constructor(does) {
    Object.assign(this, does);
  }

  async show(name) {
    const panel = new Panel(name);
    const does = (label, action, properties) => button(label, () => panel.attempt(action, WORDS), properties);
    const actions = element('p', { className: 'actions' });
    panel.body.append(actions);
    if (name !== this.me) actions.append(does('Write privately', () => { panel.close(); this.write(name); }, { className: 'primary' }));
    const path = `users/${encodeURIComponent(name)}`;
    // Servers before 0.2 do not describe a user.
    const [person, role] = await Promise.all([this.api('GET', path, { as: 'person' }).catch(() => null), this.role()]);
    if (!person || !panel.isOpen) return;
    const words = [person.display_name, person.online ? 'online' : 'not online', person.role === 'admin' && 'administrator', person.bot && 'bot', person.disabled && 'disabled'];
    actions.before(element('p', { className: 'note' }, words.filter(Boolean).join(' · ')));
    if (role !== 'admin' || name === this.me) return;
    const edit = (body) => async () => {
      await this.api('PATCH', path, { body, as: 'person' });
      await this.show(name);
    };
    const place = element('div', { 'aria-live': 'polite' });
    const isAdmin = person.role === 'admin';
    panel.section('Administration', element('p', { className: 'actions' },
      does(person.disabled ? 'Enable' : 'Disable', edit({ disabled: !person.disabled })),
      does(isAdmin ? 'Make member' : 'Make administrator', edit({ role: isAdmin ? 'member' : 'admin' })),
      does('Recovery code', async () => {
        if (!(await ask('Make a recovery code?', `Whoever has it signs in as ${name} and sets a new password. Using it ends all other sessions.`, 'Make it', 'Cancel'))) return;
        place.replaceChildren(this.share('code', await this.api('POST', `${path}/code`, { as: 'code' })));
        place.scrollIntoView({ block: 'nearest' });
      })), place);
    const fate = choice('Messages', [['keep', 'stay, without the name'], ['erase', 'are erased']], 'keep');
    panel.section('Delete', grave(form('Delete', `Delete ${name}`, async () => {
      if (!(await ask(`Delete ${name}?`, 'The name is never given out again. This cannot be undone.', 'Delete', 'Keep', true))) return;
      await panel.attempt(async () => {
        await this.api('DELETE', `${path}?messages=${fate.input.value}`);
        panel.close();
      }, WORDS);
    }, fate.row)));
  }
}
