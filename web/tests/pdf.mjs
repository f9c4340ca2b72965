// Reads what the tests ask of a PDF that Chromium wrote: pages, their size, their text, the pictures in it.
import { inflateSync } from 'node:zlib';

/** Objects by number: the dictionary's text, and the inflated stream where there is one. */
function objects(bytes) {
  const text = bytes.toString('latin1');
  const found = new Map();
  for (const m of text.matchAll(/(?:^|[\r\n])(\d+) 0 obj\b/g)) {
    const start = m.index + m[0].length;
    const end = text.indexOf('endobj', start);
    const body = text.slice(start, end);
    const at = body.search(/stream\r?\n/);
    const dictionary = at < 0 ? body : body.slice(0, at);
    let stream = null;
    if (at >= 0) {
      const from = start + at + /stream\r?\n/.exec(body.slice(at))[0].length;
      const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1]);
      const raw = bytes.subarray(from, from + length);
      stream = dictionary.includes('/FlateDecode') ? inflateSync(raw) : raw;
    }
    found.set(Number(m[1]), { dictionary, stream });
  }
  return found;
}

/** Glyph numbers to characters, from a font's ToUnicode map. */
function unicode(map) {
  const out = new Map();
  const chars = (hex) =>
    String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((h) => Number.parseInt(h, 16)));
  for (const [, block] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, glyph, to] of block.matchAll(/<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>/g))
      out.set(Number.parseInt(glyph, 16), chars(to));
  for (const [, block] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, a, b, to] of block.matchAll(/<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>/g)) {
      const [first, last, start] = [a, b, to].map((h) => Number.parseInt(h, 16));
      for (let i = first; i <= last; i++) out.set(i, String.fromCodePoint(start + i - first));
    }
  return out;
}

/** What is in a PDF: `pages`, `sizes` in mm, `text` without spaces, `images`; `patterns`, which Chromium writes as coarse images. */
export function readPdf(bytes) {
  const all = objects(bytes);
  const fonts = new Map();
  for (const [number, { dictionary }] of all) {
    const map = /\/ToUnicode (\d+) 0 R/.exec(dictionary);
    if (map) fonts.set(number, unicode(all.get(Number(map[1])).stream.toString('latin1')));
  }
  const named = new Map();
  for (const { dictionary } of all.values())
    for (const [, name, number] of dictionary.matchAll(/\/(F\d+) (\d+) 0 R/g))
      if (fonts.has(Number(number))) named.set(name, fonts.get(Number(number)));
  let text = '';
  for (const { dictionary, stream } of all.values()) {
    if (!stream || /\/ToUnicode|\/FontFile|\/Subtype \/Image|\/Length1/.test(dictionary)) continue;
    const content = stream.toString('latin1');
    if (!content.includes(' Tf')) continue;
    let font = new Map();
    for (const [all_, name, hex] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9a-fA-F]+)>/g)) {
      if (name) font = named.get(name) ?? new Map();
      else if (all_) for (const g of hex.match(/.{4}/g) ?? []) text += font.get(Number.parseInt(g, 16)) ?? '';
    }
  }
  const pages = [...all.values()].filter((o) => /\/Type \/Page\b/.test(o.dictionary));
  const mm = (pt) => Math.round((Number(pt) * 25.4) / 72);
  return {
    pages: pages.length,
    sizes: pages.map((p) => {
      const box = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(p.dictionary);
      return [mm(box[1]), mm(box[2])];
    }),
    text: text.replace(/\s/g, ''),
    images: [...all.values()].filter((o) => /\/Subtype \/Image/.test(o.dictionary)).length,
    patterns: [...all.values()].filter((o) => /\/PatternType 1\b/.test(o.dictionary)).length,
  };
}
