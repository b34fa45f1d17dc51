// Editing a message where it is: a box takes the place of its text.

import { element } from '../dom.js';
import { fit, isComposing, isSending, textOf } from '../typing.js';

/**
 * An edit: the message that the text will replace, its text if that has changed since the user began to type
 * (`newest`), and the text in the box when it was last closed (`text`).
 * @typedef {{message: Message, text: string, newest?: string, isSaving?: boolean, isSaved?: boolean}} Edited
 */

export class Editor {
  /**
   * @param {{save: (message: Message, text: string) => Promise<boolean>, saved: () => void, closed: () => void}} does
   *   `save` returns whether the text is saved, or need not be; `saved` is called if the box was put aside meanwhile
   */
  constructor(does) {
    this.does = does;
    this.form = null;
    /** @type {Edited|null} */
    this.edited = null;
  }

  /** @type {Message|null} The message that is edited, as the user has seen it. */
  get message() { return this.edited?.message ?? null; }

  /** Whether the user has typed another text. */
  get isChanged() { return Boolean(this.edited) && this.box.value !== this.message.text; }

  /** Opens the box in the row of a message. @param {Edited} edited */
  open(article, edited) {
    this.close();
    this.edited = edited;
    const hint = element('small');
    const save = element('button', { className: 'primary small', type: 'submit' }, 'Save');
    const cancel = element('button', { className: 'plain small', type: 'button' }, 'Cancel');
    const box = this.box = element('textarea', { rows: 1, dir: 'auto', value: edited.text, 'aria-label': 'Edit message' });
    const form = this.form = element('form', { className: 'editor' }, box, element('p', {}, save, ' ', cancel, ' ', hint));
    this.look = () => {
      save.disabled = edited.isSaving || !fit(box, hint);
      // Text typed while saving would be lost.
      box.readOnly = Boolean(edited.isSaving);
    };
    this.submit = () => { if (!save.disabled) this.#save(textOf(box)); };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    cancel.addEventListener('click', () => this.close(true));
    box.addEventListener('input', () => { this.look(); form.scrollIntoView({ block: 'nearest' }); });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !isComposing(event)) this.close(true);
      else if (event.target === box && isSending(event)) this.submit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    article.classList.add('editing');
    article.querySelector('.text').after(form);
    this.look();
  }

  /** Moves the focus to the end of the text. */
  focus() {
    const { box, form } = this;
    box.focus({ preventScroll: true });
    box.setSelectionRange(box.value.length, box.value.length);
    form.scrollIntoView({ block: 'nearest' });
  }

  /** Adds a text at the end, as if it were typed, and saves if Enter followed. */
  type(text, isSent) {
    this.box.setRangeText(text, this.box.value.length, this.box.value.length, 'end');
    this.box.dispatchEvent(new Event('input'));
    if (isSent) this.submit();
  }

  async #save(text) {
    const { edited } = this;
    edited.isSaving = true;
    this.look();
    const isDone = await this.does.save(edited.message, text);
    [edited.isSaving, edited.isSaved] = [false, isDone];
    if (edited !== this.edited) this.does.saved();
    else if (isDone) this.close(true);
    else this.look();
  }

  /** Takes the message as it is now. Returns false if its text is news to a user who has typed another one. */
  take(message) {
    const { edited, box } = this;
    if (edited.isSaving || message.text === (edited.newest ?? edited.message.text)) return true;
    edited.newest = message.text;
    const isTyped = this.isChanged;
    edited.message = message;
    if (isTyped) return false;
    box.value = message.text;
    box.dispatchEvent(new Event('input'));
    return true;
  }

  get hasFocus() {
    return Boolean(this.form?.contains(document.activeElement));
  }

  /** Closes the box. Returns what was edited if another text was typed, else null. */
  putAside() {
    const { box, edited, isChanged } = this;
    if (isChanged) edited.text = box.value;
    this.close();
    return isChanged ? edited : null;
  }

  /** Removes the box. If the user is done, the focus goes elsewhere. */
  close(isDone = false) {
    const { form } = this;
    if (!form) return;
    this.form = this.box = this.edited = null;
    form.parentNode?.classList.remove('editing');
    form.remove();
    if (isDone) this.does.closed();
  }
}
