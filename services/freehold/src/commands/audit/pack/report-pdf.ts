import { FAINT, INK } from './drawing.js';
import { PAGE, PdfDocument, type TextStyle } from './pdf-document.js';
import type { Pictures } from './report-html.js';
import { CLAIMS, HOW_TO_CHECK } from './report-text.js';
import type { Report, ReportedCommit } from './report.js';

const TITLE: TextStyle = { size: 17, font: 'bold', colour: INK };
const HEADING: TextStyle = { size: 12.5, font: 'bold', colour: INK };
const TEXT: TextStyle = { size: 9.5, font: 'plain', colour: INK };
const BOLD: TextStyle = { ...TEXT, font: 'bold' };
const SMALL: TextStyle = { size: 8, font: 'plain', colour: FAINT };
const CODE: TextStyle = { size: 8, font: 'code', colour: INK };

/** The same as the HTML report, for printing and for files. */
export function reportPdf({ title, facts, commits }: Report, { life, tree }: Pictures): Uint8Array {
  const pdf = new PdfDocument(title);
  pdf.space(0);
  pdf.paragraph(title, TITLE);
  pdf.space(8);
  const width = PAGE.width - 2 * PAGE.margin - 90;
  for (const [name, value] of facts) {
    pdf.row([
      { ...BOLD, text: name, indent: 0, width: 85 },
      { ...CODE, text: value, indent: 90, width },
    ]);
  }
  heading(pdf, 'What this shows');
  for (const claim of CLAIMS) {
    pdf.row([
      { ...TEXT, text: '•', indent: 0, width: 10 },
      { ...TEXT, text: claim, indent: 12, width: width + 70 },
    ]);
  }
  heading(pdf, 'Its life', life.height);
  pdf.picture(life);
  heading(pdf, 'How it is proven', tree.height + 50);
  pdf.paragraph(HOW_TO_CHECK.tree, TEXT);
  pdf.space(6);
  pdf.picture(tree);
  heading(pdf, 'All commits');
  for (const commit of commits) commitRow(pdf, commit);
  heading(pdf, 'Check it yourself');
  pdf.paragraph(HOW_TO_CHECK.tools, TEXT);
  return pdf.bytes();
}

/** Almost a page. */
const MOST_NEEDED = PAGE.height - 3 * PAGE.margin;

/** Never alone at the end of a page. */
function heading(pdf: PdfDocument, text: string, needed = 40): void {
  pdf.space(16, Math.min(needed + 30, MOST_NEEDED));
  pdf.paragraph(text, HEADING);
  pdf.space(3);
}

function commitRow(pdf: PdfDocument, { position, at, version, command, actor, events }: ReportedCommit): void {
  const width = PAGE.width - 2 * PAGE.margin - 180;
  pdf.space(0, 45);
  for (const [number, { name, says }] of events.entries()) {
    pdf.row([
      { ...CODE, text: number === 0 ? `${position} v${version}` : '', indent: 0, width: 70 },
      { ...CODE, size: 7, text: number === 0 ? at.replace('T', ' ').replace('Z', '') : '', indent: 70, width: 106 },
      { ...BOLD, size: 8.5, text: name, indent: 180, width },
    ]);
    if (says !== '') pdf.paragraph(says, SMALL, { indent: 180, width });
  }
  pdf.paragraph(`${command}, by ${actor}`, SMALL, { indent: 180, width });
  pdf.space(4);
}
