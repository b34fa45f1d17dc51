// The dialog "Room": its title, topic and settings, its members and their roles. And the dialogs that make a room.

import { button, choice, field, form, Panel, toggle } from '../dialogs.js';
import { ask, element, paintFace } from '../dom.js';
import { POSTING, ROLES, mayManage, namesIn } from '../rooms.js';

const MEMBERS_PAGE = 500;
const WORDS = { 'last-owner': 'A room keeps at least one owner: make another member one first.', 'not-found': 'There is no such room or user.' };

export class RoomDialogs {
  /**
   * @param {{api: Function, me: string, account: () => Promise<object|null>, learn: Function, entered: Function,
   *   person: (name: string) => void}} does
   */
  constructor(does) {
    Object.assign(this, does);
  }

  /** Shows a room. @param {Conversation} conversation */
  async show(conversation) {
    const { path } = conversation;
    const panel = new Panel(conversation.label, { wide: true });
    const [room, me] = await Promise.all([panel.attempt(() => this.api('GET', path, { as: 'room' })), this.account()]);
    if (!room || !panel.isOpen) return;
    this.learn(room);
    const canManage = typeof room.private === 'boolean' && mayManage(room, me?.role === 'admin');
    if (canManage) this.#settings(panel, conversation, room);
    else if (room.topic) panel.body.append(element('p', {}, room.topic));
    await this.#members(panel, path, canManage);
  }

  #settings(panel, conversation, room) {
    const title = field('Title', { value: room.title ?? '', maxLength: 64, autocomplete: 'off' });
    const topic = field('Topic', { value: room.topic ?? '', maxLength: 256, autocomplete: 'off' });
    const posting = choice('Who may write', POSTING, room.posting);
    const isPrivate = toggle('Private: only members see it', room.private);
    const archived = toggle('Archived: nothing new is written', room.archived);
    const isGeneral = room.id === 1;
    panel.section('Settings', form('Settings', 'Save', async () => {
      if (room.private && !isPrivate.input.checked && !(await ask('Make this room public?', 'Everyone can then read its whole history.', 'Make public', 'Keep private', true))) return;
      const body = { title: title.input.value.trim() || null, topic: topic.input.value.trim(), posting: posting.input.value,
        ...(isGeneral ? {} : { private: isPrivate.input.checked, archived: archived.input.checked }) };
      const changed = await panel.attempt(() => this.api('PATCH', conversation.path, { body, as: 'room' }), WORDS);
      if (!changed) return;
      this.learn(changed);
      Object.assign(room, changed);
      panel.heading.textContent = conversation.label;
      panel.say('Saved.');
    }, title.row, topic.row, posting.row, ...(isGeneral ? [] : [isPrivate.row, archived.row])));
  }

  async #members(panel, path, canManage) {
    const list = element('ul', { className: 'entries' });
    const load = async () => {
      const members = [];
      for (let page; !page || page.length === MEMBERS_PAGE;) {
        const after = page ? `&after=${page[page.length - 1].id}` : '';
        page = await panel.attempt(() => this.api('GET', `${path}/members?limit=${MEMBERS_PAGE}${after}`, { as: 'members' }), { 'not-found': 'This server does not list members.' });
        if (!page) return;
        members.push(...page);
      }
      members.sort((a, b) => (a.name < b.name ? -1 : 1));
      list.replaceChildren(...members.map((member) => this.#member(panel, path, member, canManage, load)));
    };
    const part = panel.section('Members', list);
    if (canManage) {
      const name = field('Add a user', { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, maxLength: 64 });
      part.append(form('Add a user', 'Add', () => panel.attempt(async () => {
        const [wanted] = namesIn(name.input.value);
        if (!wanted) return;
        await this.api('PUT', `${path}/members/${encodeURIComponent(wanted)}`, { body: { role: 'member' } });
        name.input.value = '';
        await load();
      }, WORDS), name.row));
    }
    await load();
  }

  #member(panel, path, { name, role }, canManage, load) {
    const who = button('', () => { panel.close(); this.person(name); }, { className: 'person' });
    const notes = [name === this.me && 'you', !canManage && role !== 'member' && role].filter(Boolean).join(', ');
    who.append(paintFace(element('span', { className: 'face', 'aria-hidden': 'true' }), name),
      element('span', { className: 'name' }, name, ' ', element('span', { className: 'note' }, notes)));
    if (!canManage) return element('li', {}, who);
    const address = `${path}/members/${encodeURIComponent(name)}`;
    const roles = element('select', { 'aria-label': `Role of ${name}` }, ...ROLES.map(([value, words]) => element('option', { value }, words)));
    roles.value = role;
    const set = async (action) => {
      await panel.attempt(action, WORDS);
      await load();
    };
    roles.addEventListener('change', () => set(async () => {
      if (roles.value === 'banned' && !(await ask(`Ban ${name}?`, 'The user is removed and cannot come back until an owner lifts it.', 'Ban', 'Cancel', true))) return;
      await this.api('PUT', address, { body: { role: roles.value } });
    }));
    const remove = button('Remove', () => set(() => this.api('DELETE', address)), { className: 'plain small danger', 'aria-label': `Remove ${name}` });
    return element('li', {}, who, roles, remove);
  }

  /** Asks for a new room: a room with a name, or a group of people. */
  create(isGroup) {
    const panel = new Panel(isGroup ? 'Group with…' : 'New room');
    const name = field('Name', { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, maxLength: 32 }, 'a–z, 0–9, - and _.');
    const title = field('Title', { maxLength: 64, autocomplete: 'off' });
    const topic = field('Topic', { maxLength: 256, autocomplete: 'off' });
    const people = field('People', { autocomplete: 'off', autocapitalize: 'none', spellcheck: false }, 'Names, with commas between them.');
    const isPrivate = toggle('Private: only members see it');
    panel.body.append(form(isGroup ? 'Group' : 'New room', isGroup ? 'Start group' : 'Create room', async () => {
      const members = namesIn(people.input.value);
      if (isGroup && !members.length) return panel.refuse('Enter at least one name.');
      const wanted = { title: title.input.value.trim(), topic: topic.input.value.trim() };
      const body = { ...(isGroup ? { private: true } : { name: name.input.value.trim().toLowerCase() }), ...(isPrivate.input.checked ? { private: true } : {}),
        ...(members.length ? { members } : {}), ...Object.fromEntries(Object.entries(wanted).filter(([, text]) => text)) };
      const made = await panel.attempt(() => this.api('POST', 'rooms', { body, as: 'room' }), { 'not-found': 'There is no user of one of these names.' });
      if (!made) return;
      panel.close();
      await this.entered(made);
    }, ...(isGroup ? [people.row, title.row] : [name.row, title.row, topic.row, people.row, isPrivate.row])));
    (isGroup ? people : name).input.focus();
  }
}
