import { basename } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { openRegular, readLines } from './line-reader.js';
import { pointerOf, shown } from './path-rules.js';

/** bagit.txt, byte for byte (RFC 8493, 2.1.1). */
export const DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

const VERSIONS = ['1.0', '0.97'];
const MAX_INFO_BYTES = 1024 * 1024;
const MAX_LINE = 79;

/** The version that bagit.txt declares (1.0, or 0.97, which the reference implementation writes), and what is wrong with it. */
export async function readDeclaration(file: string): Promise<{ version: string; findings: Finding[] }> {
  const findings: Finding[] = [];
  const pointer = pointerOf(basename(file));
  const hint = 'bagit.txt has exactly two lines: the version 1.0, and UTF-8 as encoding.';
  const texts: string[] = [];
  for await (const line of readLines(file, 256)) {
    if ('finding' in line) findings.push(line.finding);
    else texts.push(line.text);
    if (findings.length + texts.length > 2) break;
  }
  const [, version] = /^BagIt-Version: (\d+\.\d+)$/.exec(texts[0] ?? '') ?? [];
  const [, encoding] = /^Tag-File-Character-Encoding: (\S+)$/.exec(texts[1] ?? '') ?? [];
  if (version === undefined || encoding === undefined || texts.length !== 2)
    findings.push({ pointer, code: 'declaration-malformed', detail: 'bagit.txt has not the two lines of a bag', hint });
  else if (!VERSIONS.includes(version))
    findings.push({ pointer, code: 'bag-version-unsupported', detail: `the bag declares BagIt ${version}`, hint });
  else if (encoding.toUpperCase() !== 'UTF-8')
    findings.push({ pointer, code: 'encoding-unsupported', detail: `tag files are in ${shown(encoding)}`, hint });
  return { version: version ?? '1.0', findings };
}

/** A label and its value. */
export type InfoEntry = readonly [label: string, value: string];

/**
 * Labels and values in their order, folded lines joined by a space (RFC 8493, 2.2.2), and what is wrong with the file. At
 * most 1 MiB.
 * @throws {BagFailure} `file-unreadable`
 */
export async function readBagInfo(file: string): Promise<{ entries: InfoEntry[]; findings: Finding[] }> {
  const entries: InfoEntry[] = [];
  const pointer = pointerOf(basename(file));
  const hint = 'A line is a label, a colon and a value; what goes on in the next line begins there with white space.';
  const handle = await openRegular(file);
  const { size } = await handle.stat();
  await handle.close();
  const tooLarge = {
    pointer,
    code: 'bag-info-too-large',
    detail: `it has ${size} bytes`,
    hint: 'Keep it below 1 MiB.',
  };
  if (size > MAX_INFO_BYTES) return { entries, findings: [tooLarge] };
  const findings: Finding[] = [];
  for await (const line of readLines(file, MAX_INFO_BYTES)) {
    if ('finding' in line) {
      findings.push(line.finding);
      continue;
    }
    const last = entries.at(-1);
    const [, label, value = ''] = /^([^\s:](?:[^:]*[^\s:])?)[ \t]*:(.*)$/s.exec(line.text) ?? [];
    if (/^[ \t]/.test(line.text) && last !== undefined) {
      entries[entries.length - 1] = [last[0], `${last[1]} ${line.text.trim()}`.trim()];
    } else if (label !== undefined) {
      entries.push([label, value.trim()]);
    } else {
      findings.push({ pointer, code: 'bag-info-malformed', detail: `line ${line.number}: ${shown(line.text)}`, hint });
    }
    if (findings.length > 100) break;
  }
  return { entries, findings };
}

/** A label counts in whatever case it is written (RFC 8493, 2.2.2). */
export const infoValues = (entries: readonly InfoEntry[], label: string): string[] =>
  entries.filter(([each]) => each.toLowerCase() === label.toLowerCase()).map(([, value]) => value);

/** What cannot be written into bag-info.txt: labels and values are single lines, Payload-Oxum is ours. */
export function checkInfo(info: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(info)
    .filter(([label, value]) => !isLabel(label) || /[\p{Cc}]/u.test(value) || !value.isWellFormed())
    .map(([label]) => ({
      pointer: `/bag-info.txt/${shown(label).replaceAll('~', '~0').replaceAll('/', '~1')}`,
      code: 'bag-info-malformed',
      detail: `${shown(label)} or its value cannot stand in bag-info.txt`,
      hint: 'Labels have no colon, both have no control characters, and Payload-Oxum is counted here.',
    }));
}

const isLabel = (label: string): boolean =>
  /^[^\s:\p{Cc}]([^:\p{Cc}]*[^\s:\p{Cc}])?$/u.test(label) &&
  label.toLowerCase() !== 'payload-oxum' &&
  label.isWellFormed();

/** Long values go on in the next line, cut at single spaces, so that {@link readBagInfo} gives the same value. */
export function infoLine(label: string, value: string): string {
  const lines: string[] = [];
  let line = `${label}:`;
  for (const word of value.trim().split(/(?<=\S) (?=\S)/)) {
    if (line.length + word.length + 1 > MAX_LINE && line !== `${label}:`) {
      lines.push(line);
      line = ` ${word}`;
    } else {
      line += ` ${word}`;
    }
  }
  return `${[...lines, line].join('\n')}\n`;
}
