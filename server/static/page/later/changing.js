// Changing messages: editing, deleting, replying, reacting.

import { Refusal } from '../api.js';
import { gist, hasReacted } from '../changes.js';
import { $, ask, setText } from '../dom.js';

const DELETED = 'The message that you were editing was deleted.';

export class Changing {
  /** @param {{rights: (message: Message) => object|null, Editor: Function, pickEmoji: () => Promise<string>}} does */
  constructor({ me, api, store, notices, log, composer, rights, Editor, pickEmoji }) {
    Object.assign(this, { me, api, store, notices, log, composer, rights, pickEmoji });
    log.editor = new Editor({
      save: (message, text) => this.#save(message, text), saved: () => store.changed(), closed: () => log.edited(),
    });
    /** @type {Message|null} The message that the user is asked about. */
    this.asked = null;
    /** The path of the answered message that was last loaded. */
    this.loaded = '';
  }

  /** @param {'react'|'edit'|'delete'} what */
  async act(what, message) {
    if (what === 'edit') await this.#edit(message);
    else if (what === 'react') this.#pick(message);
    else this.#delete(message);
  }

  /** Opens the box to edit a message, unless the user has gone to another conversation meanwhile. */
  async #edit(message) {
    if (this.store.ofMessage(message) === this.log.conversation) await this.log.edit(message);
  }

  /** Returns the address of a message. Meanwhile the user may have opened another conversation. */
  #path(message) {
    return `${this.store.ofMessage(message).path}/messages/${message.seq}`;
  }

  /** Saves a text. Returns whether the message has it, or cannot be edited any more. */
  async #save(message, text) {
    if (text === message.text) return true;
    const path = this.#path(message);
    try {
      const match = message.revision ?? message.id;
      this.store.change([await this.api('PATCH', path, { body: { text }, as: 'message', match, seconds: 10 })]);
      this.notices.alert('');
      this.notices.say('Message edited');
      return true;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.status !== 412) this.notices.alert(refusal.words);
      else return await this.#saveOver(message, text, path);
      return refusal.status === 409 || refusal.status === 404;
    }
  }

  /** Saves over a change that came meanwhile, if that was only a reaction. Another text is shown before. */
  async #saveOver(message, text, path) {
    const current = await this.#refetch(path);
    if (current?.text === message.text && current.revision !== message.revision) return this.#save(current, text);
    this.notices.alert(current?.deleted_at ? 'This message was deleted meanwhile.'
      : 'This message was edited on another device meanwhile. Look at it, then save again.');
    // Once the editor knows that nothing was saved, it takes the message as it is now.
    setTimeout(() => this.update());
    return Boolean(current?.deleted_at);
  }

  async #delete(message) {
    const path = this.#path(message);
    this.asked = message;
    const isSure = await ask('Delete this message?', warning(message), 'Delete', 'Keep', true);
    this.asked = null;
    if (!isSure) return;
    await this.#change(path, () => this.api('DELETE', path, { seconds: 10 }), 'Message deleted');
    this.composer.focus();
  }

  async #pick(message) {
    const emoji = await this.pickEmoji();
    // Whoever uses the keyboard is led back to the message.
    if (!document.querySelector(':focus-visible')) this.composer.focus();
    if (emoji) await this.#react(message, emoji, true);
  }

  /** Gives a reaction, or takes it back. */
  async toggle(message, emoji) {
    if (!this.rights(message)?.canReact) return;
    let isGiven = hasReacted(message, emoji, this.me);
    try {
      // Others fill the list of names that came with the message.
      if (isGiven === undefined) {
        const all = await this.api('GET', `${this.#path(message)}/reactions`, { as: 'reactions' });
        isGiven = hasReacted({ reactions: all }, emoji, this.me);
      }
    } catch (refusal) {
      return void this.notices.alert(refusal.words ?? '');
    }
    await this.#react(message, emoji, !isGiven);
  }

  async #react(message, emoji, isGiven) {
    const path = this.#path(message);
    const method = isGiven ? 'PUT' : 'DELETE';
    const does = () => this.api(method, `${path}/reactions/${encodeURIComponent(emoji)}`, { seconds: 10 });
    await this.#change(path, does, `Reaction ${emoji} ${isGiven ? 'added' : 'removed'}`, 'A reaction is one emoji.');
  }

  /**
   * Changes a message, and shows it as it is then. The poll brings it, too. `wrong` is what is wrong with bad input.
   */
  async #change(path, does, words, wrong) {
    try {
      await does();
      this.notices.alert('');
      this.notices.say(words);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return void this.notices.alert((refusal.status === 400 && wrong) || refusal.words);
    }
    await this.#refetch(path);
  }

  /** Returns a message as it is now, and shows it. Returns null if that fails. */
  async #refetch(path) {
    try {
      const message = await this.api('GET', path, { as: 'message' });
      this.store.change([message]);
      return message;
    } catch {
      return null;
    }
  }

  // --- what is open while messages change

  /** Shows each open text of a message as it is now, and none that is deleted. */
  update() {
    const { asked, composer, log: { editor } } = this;
    if (composer.answered) this.#updateReply(composer);
    if (asked) this.#updateQuestion(asked);
    if (editor.message) this.#updateEditor(editor);
    for (const conversation of this.store.conversations.values()) this.#dropUnsaved(conversation);
  }

  /** Drops what was typed to edit messages that were deleted meanwhile, and what is saved. */
  #dropUnsaved(conversation) {
    for (const [seq, { isSaved }] of conversation.unsaved) {
      const isGone = Boolean(conversation.find(seq)?.deleted_at);
      if (isSaved || isGone) conversation.unsaved.delete(seq);
      if (isGone && !isSaved) this.notices.alert(DELETED);
    }
  }

  #now(message) {
    return this.store.ofMessage(message).find(message.seq) ?? message;
  }

  #isGone(message) {
    return Boolean(this.#now(message).deleted_at);
  }

  #updateReply(composer) {
    const { conversation, answered } = composer;
    const message = conversation.find(answered);
    if (message?.deleted_at) return this.#dropReply();
    composer.drawReply();
    if (!message) this.#loadAnswered(conversation, answered);
  }

  #dropReply() {
    this.composer.reply(null, false);
    this.notices.alert('The message that you were replying to was deleted.');
  }

  /** Loads the message that a draft answers, once. */
  async #loadAnswered(conversation, seq) {
    const path = `${conversation.path}/messages/${seq}`;
    if (path === this.loaded) return;
    this.loaded = path;
    try {
      const message = await this.api('GET', path, { as: 'message' });
      if (!conversation.find(seq)) conversation.keep(message);
      this.store.changed();
    } catch (refusal) {
      // The next update tries again.
      this.loaded = '';
      const { composer } = this;
      if (refusal.status === 404 && composer.conversation === conversation && composer.answered === seq) this.#dropReply();
    }
  }

  #updateQuestion(asked) {
    if (!this.#isGone(asked)) return setText($('question-text'), warning(this.#now(asked)));
    this.asked = null;
    $('question').close('no');
    this.notices.alert('This message was deleted meanwhile.');
    this.#lead(asked);
  }

  #updateEditor(editor) {
    if (this.#isGone(editor.message)) return this.#closeEditor(editor);
    if (!editor.take(this.#now(editor.message))) this.notices.alert('This message was edited on another device meanwhile.');
  }

  #closeEditor(editor) {
    const { hasFocus, message } = editor;
    editor.close();
    this.notices.alert(DELETED);
    if (hasFocus) this.#lead(message);
  }

  /** Moves the focus to a deleted message. In the message box, keys that are still being pressed would send a draft. */
  #lead(message) {
    if (this.store.ofMessage(message) !== this.log.conversation) return;
    this.log.render();
    this.log.goTo(message.seq);
  }
}

/** Returns the words that ask whether to delete a message. */
function warning(message) {
  return `“${gist(message, 200)}” will be gone for everyone. This cannot be undone.`;
}
