// A code as a link, as text to type, and as a picture.

import { whenIn } from '../basics.js';
import { button } from '../dialogs.js';
import { drawing, element } from '../dom.js';

/**
 * Returns the page's address with the code. The server may not know under which path the page is, so the page's own
 * address counts.
 */
const linkOf = (kind, code) => `${location.origin}${location.pathname}#${kind}=${code}`;

/**
 * Returns a node that shows a code.
 * @param {'invite'|'code'} kind
 * @param {{code: string, expires_at: string}} made
 * @param {{qr: Function, pathOf: Function}} draw
 */
export function share(kind, { code, expires_at: end }, { qr, pathOf }) {
  const link = linkOf(kind, code);
  const rows = qr(link);
  const picture = rows && drawing(rows.length + 8, pathOf(rows), 'QR code of the link');
  const copy = button('Copy link', async () => {
    try {
      await navigator.clipboard.writeText(link);
      copy.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(address);
    }
  });
  const address = element('code', { className: 'secret' }, link);
  const seconds = (Date.parse(end) - Date.now()) / 1000;
  const until = seconds < 7200 ? whenIn(seconds) : `on ${new Date(end).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}`;
  return element('div', { className: 'share' }, element('p', {}, address), element('p', {}, copy), ...(picture ? [picture] : []),
    element('p', { className: 'note' }, 'To type: ', element('code', {}, code)),
    element('p', { className: 'note' }, `It is shown only now, and ends ${until}.`));
}
