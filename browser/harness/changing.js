// What changes messages: their buttons, and reactions.

/** Presses a button of a message, such as "Reply". */
export async function act(chat, text, name) {
  await chat.message(text).hover();
  await chat.message(text).getByRole('button', { name, exact: true }).click();
}

/** Returns the button of a reaction to a message. */
export const reaction = (chat, text, emoji) => chat.message(text).getByRole('button', { name: new RegExp(`^${emoji} `, 'u') });
