/** A picture of simple shapes, drawn the same in HTML (SVG) and in PDF. Units are points; y grows downwards. */
export interface Drawing {
  width: number;
  height: number;
  /** For those who do not see it. */
  title: string;
  shapes: readonly Shape[];
}

export type Shape =
  | { kind: 'line'; from: Point; to: Point; colour: string; width: number }
  | { kind: 'box'; at: Point; width: number; height: number; fill: string; stroke: string }
  | { kind: 'dot'; at: Point; radius: number; fill: string }
  | { kind: 'text'; at: Point; text: string; size: number; colour: string; font: Font };

export type Font = 'plain' | 'bold' | 'code';
/** From the left, from the top. */
export type Point = readonly [x: number, y: number];

export const INK = '#1c2733';
export const FAINT = '#6b7785';
export const ACCENT = '#0b6e99';

export function svgOf({ width, height, title, shapes }: Drawing): string {
  const open = `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${escaped(title)}" xmlns="http://www.w3.org/2000/svg">`;
  return `${open}${shapes.map(svgShape).join('')}</svg>`;
}

function svgShape(shape: Shape): string {
  switch (shape.kind) {
    case 'line': {
      const [[x1, y1], [x2, y2]] = [shape.from, shape.to];
      return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${shape.colour}" stroke-width="${shape.width}"/>`;
    }
    case 'box':
      return `<rect x="${shape.at[0]}" y="${shape.at[1]}" width="${shape.width}" height="${shape.height}" fill="${shape.fill}" stroke="${shape.stroke}"/>`;
    case 'dot':
      return `<circle cx="${shape.at[0]}" cy="${shape.at[1]}" r="${shape.radius}" fill="${shape.fill}"/>`;
    case 'text':
      return `<text x="${shape.at[0]}" y="${shape.at[1]}" font-size="${shape.size}" fill="${shape.colour}" ${SVG_FONTS[shape.font]}>${escaped(shape.text)}</text>`;
  }
}

const SVG_FONTS: Readonly<Record<Font, string>> = {
  plain: 'font-family="Helvetica, Arial, sans-serif"',
  bold: 'font-family="Helvetica, Arial, sans-serif" font-weight="bold"',
  code: 'font-family="Courier, monospace"',
};

/** Text of anybody inside HTML, in attributes too. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"'\p{Cc}\p{Cf}]/gu, (character) => ENTITIES[character] ?? ' ');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
