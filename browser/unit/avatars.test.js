// avatars.js: letters by grapheme in any script, colours that are told apart and can be read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { HUES, colourOf, initials } from '../../server/static/page/avatars.js';
import { PAGE } from './harness.js';

test('two letters stand for a name, whatever its script', () => {
  for (const [name, letters] of [
    ['alice', 'AL'], ['b', 'B'], ['alice-miller', 'AM'], ['Jean  Paul Sartre', 'JP'], ['_x_', 'X'], ['7up', '7U'], ['---', '-'],
    ['ßuper', 'ßU'], ['e\u0301mile', 'ÉM'], ['山田太郎', '山田'], ['นิด', 'นิด'], ['किरण', 'किर'],
    ['محمد', 'م\u200cح'], ['محمد علي', 'م\u200cع'], ['שלום', 'של'], ['👩‍🚀 ann', '👩‍🚀'], ['ann 👩‍🚀', 'A👩‍🚀'],
  ]) assert.equal(initials(name), letters, name);
});

test('a name has the same colour everywhere, and many names share the colours evenly', () => {
  const counts = new Map();
  for (let n = 0; n < 6000; n += 1) {
    const { hue } = colourOf(`user-${n}`);
    counts.set(hue, (counts.get(hue) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort((a, b) => a - b), HUES);
  for (const [hue, count] of counts) assert.ok(count > 400 && count < 600, `${hue}: ${count}`);
  assert.deepEqual(colourOf('e\u0301mile'), colourOf('émile'));
});

/** Returns the linear red, green and blue of a colour, as far as a screen can show it. */
function rgb(lightness, chroma, hue) {
  const [a, b] = [Math.cos, Math.sin].map((of) => chroma * of((hue * Math.PI) / 180));
  const [l, m, s] = [[0.3963377774, 0.2158037573], [-0.1055613458, -0.0638541728], [-0.0894841775, -1.291485548]]
    .map(([x, y]) => (lightness + x * a + y * b) ** 3);
  return [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
    [-0.0041960863, -0.7034186147, 1.707614701]].map(([x, y, z]) => Math.min(1, Math.max(0, x * l + y * m + z * s)));
}

const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

test('letters on all twelve colours have a contrast of at least 4.5 in both themes', () => {
  const css = readFileSync(`${PAGE}../style/base.css`, 'utf8');
  for (const [face, ink] of [['face', 'face-ink'], ['deep-face', 'deep-ink']]) {
    const values = (name) => [...css.matchAll(new RegExp(`--${name}: ([\\d.]+)% ([\\d.]+);`, 'g'))].map(([, l, c]) => [l / 100, Number(c)]);
    const [faces, inks] = [values(face), values(ink)];
    assert.deepEqual([faces.length, inks.length], [2, 2], 'light and dark');
    faces.forEach((colour, theme) => {
      for (const hue of HUES) {
        const [one, other] = [luminance(rgb(...colour, hue)), luminance(rgb(...inks[theme], hue))];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        assert.ok(contrast >= 4.5, `${face} ${theme} ${hue}: ${contrast.toFixed(2)}`);
      }
    });
  }
});
