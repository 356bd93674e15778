import type { Font } from './drawing.js';

/** Widths of Helvetica from the space to the tilde, in thousandths of the size (Adobe's font metrics). */
const HELVETICA = [
  ...[278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278],
  ...[556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556],
  ...[1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778],
  ...[667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556],
  ...[333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556],
  ...[556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584],
];
const COURIER = 600;
/** Of what is not in the table; wide enough for what Latin scripts have. */
const OTHER = 722;
/** Bold is wider by less than this. */
const BOLD = 1.08;
const FIRST = 0x20;

/** In points. */
export function textWidth(text: string, font: Font, size: number): number {
  let width = 0;
  for (const character of text) {
    width += font === 'code' ? COURIER : (HELVETICA[(character.codePointAt(0) ?? 0) - FIRST] ?? OTHER);
  }
  return (width * size * (font === 'bold' ? BOLD : 1)) / 1_000;
}

/** Windows-1252 where it differs from Latin-1 (ISO 32000-1, annex D.2). */
const WINDOWS: Readonly<Record<string, number>> = {
  ...{ '€': 0x80, '…': 0x85, '‘': 0x91, '’': 0x92, '“': 0x93, '”': 0x94, '•': 0x95, '–': 0x96, '—': 0x97, '™': 0x99 },
};

/** Text as it stands in a literal string, its bytes as Latin-1; `?` for what the fonts do not have. */
export function encodeText(text: string): string {
  let encoded = '';
  for (const character of text) {
    const code = WINDOWS[character] ?? character.codePointAt(0) ?? 0;
    const isKnown = (code >= FIRST && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || character in WINDOWS;
    const byte = isKnown ? String.fromCodePoint(code) : '?';
    encoded += /[()\\]/.test(byte) ? `\\${byte}` : byte;
  }
  return encoded;
}
