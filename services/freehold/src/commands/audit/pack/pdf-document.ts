import { deflateSync } from 'node:zlib';
import type { Drawing, Font, Point, Shape } from './drawing.js';
import { encodeText, textWidth } from './pdf-text.js';

/**
 * A PDF of text, lines and boxes (ISO 32000-1), A4, in the fonts that every reader has (9.6.2.2). The same content gives the
 * same bytes: no dates, no ids. Why it is not a library: docs/adr/0033.
 */
export const PAGE = { width: 595, height: 842, margin: 48 } as const;

const WHOLE = { indent: 0, width: PAGE.width - 2 * PAGE.margin };

const FONTS: Readonly<Record<Font, { name: string; base: string }>> = {
  plain: { name: 'F1', base: 'Helvetica' },
  bold: { name: 'F2', base: 'Helvetica-Bold' },
  code: { name: 'F3', base: 'Courier' },
};

export interface TextStyle {
  size: number;
  font: Font;
  colour: string;
}

export class PdfDocument {
  readonly #pages: string[][] = [];
  #y = Infinity;

  constructor(private readonly title: string) {}

  /** Where the next line comes, from the top. */
  get y(): number {
    return this.#y;
  }

  /** Goes down; to a new page, if what comes then does not fit on this one. */
  space(height: number, needed = 0): void {
    this.#y += height;
    if (this.#y + needed <= PAGE.height - PAGE.margin) return;
    this.#pages.push([]);
    this.#y = PAGE.margin;
  }

  /** Text in lines no wider than `width`; returns below them. */
  paragraph(text: string, style: TextStyle, { indent, width }: { indent: number; width: number } = WHOLE): void {
    for (const line of wrapped(text, style, width)) {
      const height = style.size * 1.35;
      this.space(0, height);
      this.#y += height;
      this.#draw({ kind: 'text', at: [PAGE.margin + indent, this.#y - style.size * 0.3], text: line, ...style });
    }
  }

  /** Cells beside each other, each at its indent. */
  row(cells: readonly (TextStyle & { text: string; indent: number; width: number })[]): void {
    const lines = cells.map((cell) => wrapped(cell.text, cell, cell.width));
    const heights = cells.map(({ size }, at) => (lines[at]?.length ?? 0) * size * 1.35);
    const height = Math.max(...heights);
    this.space(0, height);
    const top = this.#y;
    for (const [at, { indent, text: _, width: __, ...style }] of cells.entries()) {
      for (const [number, line] of (lines[at] ?? []).entries()) {
        const y = top + (number + 1) * style.size * 1.35 - style.size * 0.3;
        this.#draw({ kind: 'text', at: [PAGE.margin + indent, y], text: line, ...style });
      }
    }
    this.#y = top + height;
  }

  /** Scaled to the width between the margins, or to what is high enough for a page. */
  picture({ width, height, shapes }: Drawing): void {
    const most = PAGE.height - 2 * PAGE.margin;
    const scale = Math.min(1, (PAGE.width - 2 * PAGE.margin) / width, most / height);
    this.space(0, height * scale);
    const place = ([x, y]: Point): Point => [PAGE.margin + x * scale, this.#y + y * scale];
    for (const shape of shapes) this.#draw(scaled(shape, place, scale));
    this.#y += height * scale;
  }

  bytes(): Uint8Array {
    const first = 3 + Object.keys(FONTS).length;
    const pages = this.#pages.map((_, at) => first + at * 2);
    const fonts = Object.values(FONTS);
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R /Lang (en) >>',
      `<< /Type /Pages /Kids [${pages.map((number) => `${number} 0 R`).join(' ')}] /Count ${pages.length} >>`,
      ...fonts.map(({ base }) => `<< /Type /Font /Subtype /Type1 /BaseFont /${base} /Encoding /WinAnsiEncoding >>`),
      ...this.#pages.flatMap((content, at) => pageObjects(content, first + at * 2 + 1)),
    ];
    return assembled(objects, `<< /Title (${encodeText(this.title)}) /Producer (Freehold) >>`);
  }

  #draw(shape: Shape): void {
    this.#pages.at(-1)?.push(operatorsOf(shape));
  }
}

function pageObjects(content: readonly string[], stream: number): string[] {
  const fonts = Object.values(FONTS).map(({ name }, at) => `/${name} ${3 + at} 0 R`);
  const packed = deflateSync(Buffer.from(content.join('\n'), 'latin1')).toString('latin1');
  return [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Resources << /Font << ${fonts.join(' ')} >> >> /Contents ${stream} 0 R >>`,
    `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed}\nendstream`,
  ];
}

/** Header, objects numbered from 1, cross-reference table, trailer (7.5). */
function assembled(objects: readonly string[], info: string): Uint8Array {
  let text = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';
  const offsets: number[] = [];
  for (const [at, object] of [...objects, info].entries()) {
    offsets.push(text.length);
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = offsets.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R /Info ${size - 1} 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${size}\n0000000000 65535 f \n${entries}${trailer}`, 'latin1');
}

function wrapped(text: string, { size, font }: TextStyle, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => broken(each, { size, font, width }))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer, font, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** A word that is wider than the line, such as a hash, in pieces. */
function broken(word: string, { size, font, width }: { size: number; font: Font; width: number }): string[] {
  if (textWidth(word, font, size) <= width) return [word];
  const most = Math.max(1, Math.floor(width / textWidth('m', font, size)));
  return word.match(new RegExp(`.{1,${most}}`, 'gu')) ?? [word];
}

function scaled(shape: Shape, place: (point: Point) => Point, scale: number): Shape {
  switch (shape.kind) {
    case 'line':
      return { ...shape, from: place(shape.from), to: place(shape.to), width: shape.width * scale };
    case 'box':
      return { ...shape, at: place(shape.at), width: shape.width * scale, height: shape.height * scale };
    case 'dot':
      return { ...shape, at: place(shape.at), radius: shape.radius * scale };
    case 'text':
      return { ...shape, at: place(shape.at), size: shape.size * scale };
  }
}

function operatorsOf(shape: Shape): string {
  switch (shape.kind) {
    case 'line':
      return `${rgb(shape.colour)} RG ${n(shape.width)} w ${at(shape.from)} m ${at(shape.to)} l S`;
    case 'box': {
      const [x, y] = shape.at;
      const corner = at([x, y + shape.height]);
      return `${rgb(shape.fill)} rg ${rgb(shape.stroke)} RG 0.8 w ${corner} ${n(shape.width)} ${n(shape.height)} re B`;
    }
    case 'dot':
      // A line without length, with round ends.
      return `${rgb(shape.fill)} RG 1 J ${n(2 * shape.radius)} w ${at(shape.at)} m ${at(shape.at)} l S 0 J`;
    case 'text':
      return `BT ${rgb(shape.colour)} rg /${FONTS[shape.font].name} ${n(shape.size)} Tf ${at(shape.at)} Td (${encodeText(shape.text)}) Tj ET`;
  }
}

const n = (value: number): string => String(Math.round(value * 100) / 100);
const at = ([x, y]: Point): string => `${n(x)} ${n(PAGE.height - y)}`;

/** `#1c2733` as three numbers from 0 to 1. */
const rgb = (colour: string): string =>
  [1, 3, 5].map((begin) => n(Number.parseInt(colour.slice(begin, begin + 2), 16) / 255)).join(' ');
