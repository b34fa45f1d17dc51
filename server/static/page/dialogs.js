// What the dialogs of the folder `later` have in common: they are made when they are opened, and removed when closed.

import { Refusal } from './api.js';
import { $, element, reveal, setText } from './dom.js';

/** A dialog on the screen. */
export class Panel {
  constructor(title, { wide = false } = {}) {
    this.alert = element('p', { className: 'refusal', role: 'alert' });
    this.said = element('p', { className: 'note', role: 'status' });
    this.body = element('div', { className: 'panel' });
    this.heading = element('h2', { id: 'panel-title' }, title);
    const close = element('button', { className: 'icon', title: 'Close (Esc)', 'aria-label': 'Close' }, '×');
    const form = element('form', { method: 'dialog', className: 'heading' }, this.heading, close);
    $('panel')?.remove();
    this.dialog = element('dialog', { id: 'panel', className: wide ? 'wide' : '', 'aria-labelledby': 'panel-title' },
      form, this.alert, this.said, this.body);
    this.dialog.addEventListener('close', () => this.dialog.remove());
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  get isOpen() { return this.dialog.isConnected; }
  close() { this.dialog.close(); }
  refuse(words) {
    setText(this.alert, words);
    if (words) this.say('');
  }

  say(words) { setText(this.said, words); }

  /** Runs an action of a button, and says so if the server refuses it. Returns what it returns, or null. */
  async attempt(action, words = {}) {
    this.refuse('');
    try {
      return await action();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.refuse(words[refusal.problem] ?? refusal.words);
      return null;
    }
  }

  /** Adds a part with a heading. */
  section(title, ...children) {
    const part = element('section', {}, element('h3', {}, title), ...children);
    this.body.append(part);
    return part;
  }
}

let fields = 0;

/** Makes a labelled field. `input` is its element. */
export function field(label, properties = {}, hint = '') {
  const id = `field-${fields += 1}`;
  const { tag = 'input', children = [], ...rest } = properties;
  const input = element(tag, { id, ...rest }, ...children);
  const row = element('p', { className: 'field' }, element('label', { htmlFor: id }, label), input);
  if (hint) row.append(element('small', {}, hint));
  return { row, input };
}

/** Makes a field for a password that can be shown. */
export function secret(label, properties, hint) {
  const made = field(label, { type: 'password', ...properties }, hint);
  const eye = element('button', { className: 'icon eye', type: 'button' });
  reveal(made.input, eye);
  const place = element('span', { className: 'with-eye' });
  made.input.replaceWith(place);
  place.append(made.input, eye);
  return made;
}

/** Makes a field to choose from. @param {[string, string][]} choices values and words */
export function choice(label, choices, value) {
  const children = choices.map(([value, words]) => element('option', { value }, words));
  const made = field(label, { tag: 'select', children });
  made.input.value = value;
  return made;
}

/** Makes a switch. */
export function toggle(label, isOn = false) {
  const input = element('input', { type: 'checkbox', checked: isOn });
  return { row: element('label', { className: 'switch' }, input, element('span', {}, label)), input };
}

export function button(label, does, properties = {}) {
  const made = element('button', { type: 'button', className: 'plain', ...properties }, label);
  made.addEventListener('click', () => does(made));
  return made;
}

/** Marks a form that does what cannot be undone. */
export function grave(made) {
  made.querySelector('.primary').classList.add('danger');
  return made;
}

/** Makes a form that calls `does()` when it is sent, once at a time. */
export function form(label, submit, does, ...children) {
  const send = element('button', { className: 'primary', type: 'submit' }, submit);
  const made = element('form', { className: 'finding', noValidate: true, 'aria-label': label }, ...children,
    element('p', { className: 'answers' }, send));
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try { await does(); } finally { send.disabled = false; }
  });
  return made;
}
