// The buttons of a message, and its reactions.

import { eventually } from './eventually.js';

/**
 * Presses a button of a message, such as "Reply". The buttons come once the server has the message and its editor is
 * closed, and only when the pointer comes to it.
 */
export async function act(chat, text, name) {
  const button = chat.message(text).getByRole('button', { name, exact: true });
  await chat.hears(text);
  await eventually(`"${text}" has the button "${name}"`, async () => {
    await chat.page.mouse.move(0, 0);
    await chat.message(text).hover({ timeout: 5000 });
    return button.isVisible();
  });
  await button.click();
}

/** Returns the button of a reaction to a message. */
export const reaction = (chat, text, emoji) => chat.message(text).getByRole('button', { name: new RegExp(`^${emoji} `, 'u') });
