// The parts of a message row besides its text: the quoted line, the time of an edit, and the reactions.

import { clock, dayOf, fullTime } from '../basics.js';
import { gist, hasReacted, nameReaction } from '../changes.js';
import { element, reconcile, setLabel, setQuoted, setText } from '../dom.js';

/** Draws the parts around `text`, which is a child of `node`. */
export function drawParts(node, text, me) {
  const { message, quoted } = node;
  drawQuote(node, text, message, quoted);
  const fold = node.querySelector(':scope > .fold') ?? text;
  const edited = drawEdited(node, fold, message);
  drawReactions(node, edited ?? fold, message, me);
}

/** Returns the part of that class, which follows `after`. Removes it, or creates it, as wanted. */
function part(node, className, isWanted, create, place) {
  const there = node.querySelector(`:scope > .${className}`);
  if (isWanted && there) return there;
  there?.remove();
  if (!isWanted) return null;
  const made = create();
  place(made);
  return made;
}

function drawQuote(node, text, { reply_to: to, deleted_at: isGone }, quoted) {
  const quote = part(node, 'quote', to && !isGone,
    () => element('button', { className: 'quote', type: 'button' }, element('span', { className: 'unseen' }, 'In reply to '),
      element('strong'), element('span')),
    (made) => text.before(made));
  if (!quote) return;
  quote.dataset.to = to;
  setText(quote.children[1], quoted ? quoted.from : 'an earlier message');
  setQuoted(quote.children[2], quoted ? ': ' : '', quoted ? gist(quoted) : '');
}

function drawEdited(node, before, { edited_at: at, sent_at: sent, deleted_at: isGone }) {
  const edited = part(node, 'edited', at && !isGone,
    () => element('p', { className: 'edited' }, 'edited ', element('time')), (made) => before.after(made));
  if (!edited) return null;
  const [time, when] = [edited.lastChild, new Date(at)];
  [time.dateTime, time.title] = [at, fullTime.format(when)];
  setText(time, dayOf(at) === dayOf(sent) ? clock.format(when) : `${when.toLocaleDateString()} ${clock.format(when)}`);
  return edited;
}

function drawReactions(node, before, { reactions = [], ...message }, me) {
  const list = part(node, 'reactions', reactions.length > 0,
    () => element('div', { className: 'reactions', role: 'group', 'aria-label': 'Reactions' }),
    (made) => before.after(made));
  if (!list) return;
  const rows = reactions.map((reaction) => ({ key: reaction.emoji, reaction }));
  reconcile(list, rows, ({ key }) => element('button', { type: 'button', 'data-emoji': key }), (button, { reaction }) => {
    setText(button, `${reaction.emoji} ${reaction.count.toLocaleString()}`);
    const name = nameReaction(reaction, me);
    setLabel(button, name);
    button.title = name;
    const isMine = hasReacted({ ...message, reactions }, reaction.emoji, me) === true;
    button.setAttribute('aria-pressed', String(isMine));
  });
}
