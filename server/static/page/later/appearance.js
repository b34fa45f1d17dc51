// The dialog "Appearance": theme, rows, and hours.

import { CHOICES, choose, chosen } from '../appearance.js';
import { Panel } from '../dialogs.js';
import { element } from '../dom.js';

/** Shows the dialog. A choice takes effect at once. @param {() => void} redraw draws the times anew */
export function showAppearance(redraw) {
  const panel = new Panel('Appearance');
  const now = chosen();
  for (const [name, [title, values]] of Object.entries(CHOICES)) {
    const options = values.map(([value, words]) => element('label', {},
      element('input', { type: 'radio', name, value, checked: now[name] === value }), element('span', {}, words)));
    const group = element('fieldset', { className: 'choices' }, element('legend', {}, title), element('div', { className: 'modes' }, ...options));
    group.addEventListener('change', ({ target }) => {
      choose(name, target.value);
      if (name === 'hours') redraw();
    });
    panel.body.append(group);
  }
}
