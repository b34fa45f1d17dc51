// Editing a message where it is: a box takes the place of its text.

import { element } from '../dom.js';
import { fit, isComposing, isSending, textOf } from '../typing.js';

export class Editor {
  /**
   * @param {{save: (message: Message, text: string) => Promise<boolean>, closed: () => void}} does `save` returns
   *   whether the text is saved, or need not be
   */
  constructor(does) {
    this.does = does;
    this.form = null;
    /** @type {Message|null} The message that is edited, as it was when the user began to type. */
    this.message = null;
    /** Its text as it is now, or undefined before it changes. */
    this.newest = undefined;
  }

  /** Opens the box in the row of a message. */
  open(article, message) {
    this.close();
    [this.message, this.newest] = [message, undefined];
    const hint = element('small');
    const save = element('button', { className: 'primary small', type: 'submit' }, 'Save');
    const cancel = element('button', { className: 'plain small', type: 'button' }, 'Cancel');
    const box = this.box = element('textarea', { rows: 1, dir: 'auto', value: message.text, 'aria-label': 'Edit message' });
    const form = this.form = element('form', { className: 'editor' }, box, element('p', {}, save, ' ', cancel, ' ', hint));
    const look = () => { save.disabled = this.isSaving || !fit(box, hint); };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!save.disabled) this.#save(textOf(box), look);
    });
    cancel.addEventListener('click', () => this.close(true));
    box.addEventListener('input', () => { look(); form.scrollIntoView({ block: 'nearest' }); });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !isComposing(event)) this.close(true);
      else if (event.target === box && isSending(event)) form.requestSubmit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    article.classList.add('editing');
    article.querySelector('.text').after(form);
    look();
    box.focus({ preventScroll: true });
    box.setSelectionRange(message.text.length, message.text.length);
    form.scrollIntoView({ block: 'nearest' });
  }

  /** Adds a text at the end, as if it were typed, and saves if Enter followed. */
  type(text, isSent) {
    this.box.setRangeText(text, this.box.value.length, this.box.value.length, 'end');
    this.box.dispatchEvent(new Event('input'));
    if (isSent) this.form.requestSubmit();
  }

  async #save(text, look) {
    const { form, message } = this;
    this.isSaving = true;
    look();
    const isDone = await this.does.save(message, text);
    this.isSaving = false;
    if (form !== this.form) return;
    if (isDone) this.close(true);
    else look();
  }

  /** Takes the message as it is now. Returns false if its text is news to a user who has typed another one. */
  take(message) {
    if (this.isSaving || message.text === (this.newest ?? this.message.text)) return true;
    this.newest = message.text;
    const isTyped = this.box.value !== this.message.text;
    this.message = message;
    if (isTyped) return false;
    this.box.value = message.text;
    this.box.dispatchEvent(new Event('input'));
    return true;
  }

  get hasFocus() {
    return Boolean(this.form?.contains(document.activeElement));
  }

  /** Removes the box. If the user is done, the focus goes elsewhere. */
  close(isDone = false) {
    const { form } = this;
    if (!form) return;
    this.form = this.box = this.message = null;
    form.parentNode?.classList.remove('editing');
    form.remove();
    if (isDone) this.does.closed();
  }
}
