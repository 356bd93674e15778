import { BagFailure, checkPath, type PackedFile } from '@freehold/bag';
import type { Finding } from '@freehold/kernel';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { walkFolder } from './folder-walk.js';

const MOST_FINDINGS = 200;

/** What there is to pack. Everything that speaks against it is a finding, before anything is written. */
export interface Survey {
  files: number;
  bytes: number;
  findings: Finding[];
}

/** @param part null: the folder is the payload as it lies, files only */
export async function surveyFolder(folder: string, part: string | null): Promise<Survey> {
  const survey: Survey = { files: 0, bytes: 0, findings: part === null ? [] : partFindings(part) };
  for await (const walked of walkFolder(folder)) {
    if (walked.kind === 'refused') survey.findings.push(...walked.findings);
    else if (walked.entry.type === 'file') {
      survey.files += 1;
      survey.bytes += walked.entry.sizeBytes ?? 0;
    } else if (walked.entry.type === 'link' && part === null) survey.findings.push(linkInPayload(walked.entry.path));
    if (survey.findings.length >= MOST_FINDINGS) break;
  }
  return survey;
}

function partFindings(part: string): Finding[] {
  const hint = 'Give it one with --part.';
  if (part === '' || part.includes('/')) {
    return [{ pointer: '', code: 'part-name-invalid', detail: `"${part}" is no name for a part`, hint }];
  }
  return checkPath(`data/parts/${part}`, '').map((finding) => ({ ...finding, hint }));
}

const linkInPayload = (path: string): Finding => ({
  pointer: `/${path.replaceAll('~', '~0')}`,
  code: 'link-in-payload',
  detail: `${path} is a link, which the payload of a bag cannot hold`,
  hint: 'Leave --plain out: a part keeps its links.',
});

/**
 * The files of a folder as payload: below `data/`, or as a part with its mtree file, which keeps modes, times, links and empty
 * folders. Memory: the lines of the mtree file, about 100 bytes a file.
 *
 * @throws {BagFailure} for what came into the folder after the survey and cannot be packed.
 */
export async function* folderPayload(folder: string, part: string | null): AsyncGenerator<PackedFile> {
  const lines = ['#mtree v2.0\n'];
  for await (const walked of walkFolder(folder)) {
    if (walked.kind === 'refused') throw new BagFailure('the folder changed while it was packed', walked.findings);
    const { path, type, sizeBytes } = walked.entry;
    lines.push(walked.line);
    if (type !== 'file' || sizeBytes === undefined) continue;
    const target = part === null ? `data/${path}` : `data/parts/${part}/${path}`;
    yield { path: target, content: contentOf(join(folder, path)), sizeBytes };
  }
  if (part !== null) yield { path: `data/parts/${part}.mtree`, content: textOf(lines) };
}

async function* contentOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) yield chunk as Buffer;
  } finally {
    await handle.close();
  }
}

async function* textOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield await Promise.resolve(Buffer.from(line));
}
