// The dialog "Invite": makes invitations, lists them and revokes them.

import { plural } from '../basics.js';
import { button, field, form, Panel, toggle } from '../dialogs.js';
import { element } from '../dom.js';
import { namesIn } from '../rooms.js';

export class Invite {
  /** @param {{api: Function, about: About, room: string, share: Function}} does */
  constructor(does) {
    Object.assign(this, does);
  }

  async show() {
    const panel = new Panel('Invite');
    const place = element('div', { 'aria-live': 'polite' });
    const list = element('ul', { className: 'entries' });
    const uses = field('How many people', { type: 'number', min: 1, max: 1000, value: 1 });
    const days = field('For how many days', { type: 'number', min: 1, max: 365, value: 7 });
    const rooms = field('Rooms', { autocomplete: 'off', value: this.room }, 'Names of rooms that they join. Leave empty for none.');
    const guests = toggle('As guests, without accounts');
    const canBeGuests = this.about?.guests !== 'off';
    const load = async () => {
      const invites = await panel.attempt(() => this.api('GET', 'invites?limit=500', { as: 'invites' }));
      open.hidden = !invites?.length;
      list.replaceChildren(...(invites ?? []).map((invite) => {
        const end = new Date(invite.expires_at).toLocaleDateString();
        const whose = [invite.created_by && `by ${invite.created_by}`, `${plural(invite.uses_left, 'use')} left`, `until ${end}`, ...(invite.rooms?.length ? [invite.rooms.map((room) => `#${room}`).join(' ')] : [])];
        const text = `${invite.guest ? 'Guests' : 'Invitation'} ${invite.id}`;
        const revoke = () => panel.attempt(async () => {
          await this.api('DELETE', `invites/${invite.id}`);
          await load();
        });
        return element('li', {}, element('p', {}, element('strong', {}, text), ' ', element('span', { className: 'note' }, whose.filter(Boolean).join(', '))),
          button('Revoke', revoke, { className: 'plain small', 'aria-label': `Revoke ${text}` }));
      }));
    };
    panel.body.append(form('Invite', 'Make invitation', async () => {
      const body = { uses: Number(uses.input.value), days: Number(days.input.value), rooms: namesIn(rooms.input.value.replaceAll('#', '')), guest: guests.input.checked };
      const made = await panel.attempt(() => this.api('POST', 'invites', { body, as: 'code' }), { forbidden: 'Only administrators invite here.' });
      if (!made) return;
      place.replaceChildren(this.share('invite', made));
      place.querySelector('button').focus();
      place.scrollIntoView({ block: 'nearest' });
      await load();
    }, uses.row, days.row, rooms.row, ...(canBeGuests ? [guests.row] : [])), place);
    const open = panel.section('Open invitations', list);
    open.hidden = true;
    await load();
  }
}
