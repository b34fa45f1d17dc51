// QR codes: bytes, versions 1 to 10, error correction level M (ISO/IEC 18004). No document, no network.

/** By version, from 1 on: all codewords, those of error correction in each block, and the blocks. */
const CODEWORDS = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346];
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];
/** The middles of the alignment patterns. */
const ALIGNED = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2, (x, y) => (x * y) % 2 + (x * y) % 3,
  (x, y) => ((x * y) % 2 + (x * y) % 3) % 2, (x, y) => ((x + y) % 2 + (x * y) % 3) % 2,
];

// --- the field of 256 elements

const POWERS = new Uint8Array(255);
const LOGARITHMS = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  [POWERS[power], LOGARITHMS[value]] = [value, power];
  value = (value << 1) ^ (value > 127 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? POWERS[(LOGARITHMS[a] + LOGARITHMS[b]) % 255] : 0);

/** Returns the codewords that correct errors in a block. */
function correction(block, count) {
  let divisor = [1];
  for (let root = 0; root < count; root += 1) {
    const next = [...divisor, 0];
    divisor.forEach((factor, at) => { next[at + 1] ^= times(factor, POWERS[root]); });
    divisor = next;
  }
  const rest = new Array(count).fill(0);
  for (const byte of block) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    for (let at = 0; at < count; at += 1) rest[at] ^= times(divisor[at + 1], factor);
  }
  return rest;
}

// --- the data

const capacity = (version) => CODEWORDS[version - 1] - CORRECTION[version - 1] * BLOCKS[version - 1];

/** Returns all codewords in their order on the picture. */
function codewords(bytes, version) {
  const bits = [];
  const put = (value, length) => { for (let at = length - 1; at >= 0; at -= 1) bits.push((value >> at) & 1); };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const length = capacity(version);
  put(0, Math.min(4, length * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < length * 8; pad ^= 0xec ^ 0x11) put(pad, 8);
  const data = Array.from({ length }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(''), 2));
  const [count, each] = [BLOCKS[version - 1], CORRECTION[version - 1]];
  const blocks = [];
  for (let block = 0, from = 0; block < count; block += 1) {
    // The last blocks are longer by one.
    const to = from + Math.floor(length / count) + (block >= count - (length % count) ? 1 : 0);
    blocks.push(data.slice(from, to));
    from = to;
  }
  const corrections = blocks.map((block) => correction(block, each));
  const interleave = (lists) => Array.from({ length: Math.max(...lists.map((list) => list.length)) },
    (_, at) => lists.filter((list) => at < list.length).map((list) => list[at])).flat();
  return [...interleave(blocks), ...interleave(corrections)];
}

// --- the picture

/** Returns value and check bits of a BCH code. */
function checked(value, length, generator) {
  let rest = value << length;
  for (let bit = 31 - Math.clz32(generator); rest >> bit; ) rest ^= generator << (31 - Math.clz32(rest) - bit);
  return (value << length) | rest;
}

/** Draws what is the same in all pictures of a version. Cells that carry data stay undefined. */
function frame(version, mask) {
  const size = 17 + 4 * version;
  const cells = Array.from({ length: size }, () => new Array(size));
  const put = (x, y, isDark) => { if (x >= 0 && y >= 0 && x < size && y < size) cells[y][x] = Boolean(isDark); };
  const rings = (middleX, middleY, reach, isDark) => {
    for (let y = -reach; y <= reach; y += 1) {
      for (let x = -reach; x <= reach; x += 1) put(middleX + x, middleY + y, isDark(Math.max(Math.abs(x), Math.abs(y))));
    }
  };
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) rings(x, y, 4, (ring) => ring !== 2 && ring !== 4);
  const middles = ALIGNED[version - 1];
  const last = middles[middles.length - 1];
  for (const y of middles) {
    for (const x of middles) {
      const isFinder = (x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6);
      if (!isFinder) rings(x, y, 2, (ring) => ring !== 1);
    }
  }
  for (let at = 8; at < size - 8; at += 1) {
    if (cells[6][at] === undefined) put(at, 6, at % 2 === 0);
    if (cells[at][6] === undefined) put(6, at, at % 2 === 0);
  }
  // Level M is 00.
  const format = checked(mask, 10, 0x537) ^ 0x5412;
  for (let bit = 0; bit < 15; bit += 1) {
    const isDark = (format >> bit) & 1;
    if (bit < 6) put(8, bit, isDark);
    else if (bit < 8) put(8, bit + 1, isDark);
    else put(bit === 8 ? 7 : 14 - bit, 8, isDark);
    if (bit < 8) put(size - 1 - bit, 8, isDark);
    else put(8, size - 15 + bit, isDark);
  }
  put(8, size - 8, true);
  if (version >= 7) {
    const bits = checked(version, 12, 0x1f25);
    for (let bit = 0; bit < 18; bit += 1) {
      const [a, b] = [size - 11 + (bit % 3), Math.floor(bit / 3)];
      put(a, b, (bits >> bit) & 1);
      put(b, a, (bits >> bit) & 1);
    }
  }
  return cells;
}

/** Fills in the data, two columns at a time, up and down. */
function fill(cells, words, mask) {
  const size = cells.length;
  let bit = 0;
  for (let right = size - 1, isUp = true; right > 0; right -= 2, isUp = !isUp) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = isUp ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (cells[y][x] !== undefined) continue;
        const isSet = ((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        cells[y][x] = Boolean(isSet) !== (MASKS[mask](x, y) === 0);
        bit += 1;
      }
    }
  }
  return cells;
}

/** Returns how hard a picture is to read, by the rules of the standard. */
function penalty(cells) {
  const size = cells.length;
  let sum = 0;
  const lines = [...cells, ...cells.map((_, x) => cells.map((row) => row[x]))];
  for (const line of lines) {
    const text = line.map(Number).join('');
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
    for (let at = 0; at < size - 10; at += 1) {
      if (/^(10111010000|00001011101)/.test(text.slice(at, at + 11))) sum += 40;
    }
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      const isDark = cells[y][x];
      if (cells[y][x - 1] === isDark && cells[y - 1][x] === isDark && cells[y - 1][x - 1] === isDark) sum += 3;
    }
  }
  const dark = cells.flat().filter(Boolean).length / size ** 2;
  return sum + Math.floor(Math.abs(dark * 100 - 50) / 5) * 10;
}

/** Returns the rows of the picture, true for dark, or null if the text is too long. */
export function qr(text) {
  const bytes = new TextEncoder().encode(text);
  const fits = (version) => bytes.length + (version < 10 ? 2 : 3) <= capacity(version);
  const version = CODEWORDS.map((_, at) => at + 1).find(fits);
  if (!version) return null;
  const words = codewords(bytes, version);
  const pictures = MASKS.map((_, mask) => fill(frame(version, mask), words, mask));
  const penalties = pictures.map(penalty);
  return pictures[penalties.indexOf(Math.min(...penalties))];
}

/** Returns the dark cells as the path of a drawing, inside a margin of four cells. */
export function pathOf(rows) {
  return rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('');
}
