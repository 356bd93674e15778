import { join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { ON_DISK } from './inspection.js';
import type { Inspection } from './inspection.js';
import { linesOf } from './inspect-tag-files.js';
import { readLines } from './line-reader.js';
import { parseMtreeLine } from './mtree-parse.js';
import type { MtreeDefaults } from './mtree-parse.js';
import type { MtreeEntry } from './mtree-format.js';
import { foldersAbove, pointerOf, shown } from './path-rules.js';
import { PathTable } from './path-table.js';

const MAX_PARTS = 1000;
const MAX_LINE_BYTES = 64 * 1024;
const PREFIX = 'data/parts/';
const SUFFIX = '.mtree';

const FLAGS = { file: 1, dir: 2, link: 4 } as const;

/** A part of a bag; `mtree` is the path of its side file on this machine, if there is one. */
export interface PartTree {
  part: string;
  mtree: string | null;
}

/** Which part a payload path lies in; null for all that is no part's content. */
export function partOf(path: string): { part: string; path: string } | null {
  if (!path.startsWith(PREFIX)) return null;
  const slash = path.indexOf('/', PREFIX.length);
  return slash === -1 ? null : { part: path.slice(PREFIX.length, slash), path: path.slice(slash + 1) };
}

/** The parts of a checked bag, and what is wrong with their mtree files as findings of the inspection. */
export async function inspectParts(inspection: Inspection, only: readonly string[] | null): Promise<PartTree[]> {
  const trees = new Map<string, PartTree>();
  const manifest = inspection.payloadManifests.at(-1);
  if (manifest === undefined) return [];
  for await (const line of linesOf(inspection, manifest)) {
    if ('findings' in line) continue;
    const { path } = line;
    const isSide = path.startsWith(PREFIX) && path.endsWith(SUFFIX) && partOf(path) === null;
    const part = isSide ? path.slice(PREFIX.length, -SUFFIX.length) : partOf(path)?.part;
    if (part === undefined || part === '' || (only !== null && !only.includes(part))) continue;
    if (isSide) trees.set(part, { part, mtree: join(inspection.folder, path) });
    else if (!trees.has(part)) trees.set(part, { part, mtree: null });
    if (trees.size > MAX_PARTS) {
      inspection.overLimit('data/parts', 'too-many-parts', `there are over ${MAX_PARTS} parts`);
      return [];
    }
  }
  for (const part of only ?? [])
    if (!trees.has(part)) {
      const detail = `the bag has no part ${shown(part)}`;
      inspection.find(`${PREFIX}${part}`, 'part-missing', detail, 'Name parts that the bag has.');
    }
  const sorted = [...trees.values()].sort((a, b) => (a.part < b.part ? -1 : 1));
  for (const tree of sorted) if (tree.mtree !== null) await inspectTree(inspection, tree);
  return sorted;
}

/** Entries of an mtree file, what is wrong as findings below `data/parts/<part>`. */
export async function* readTree(tree: PartTree): AsyncGenerator<MtreeEntry | { findings: Finding[] }> {
  if (tree.mtree === null) return;
  const defaults: MtreeDefaults = new Map();
  for await (const line of readLines(tree.mtree, MAX_LINE_BYTES)) {
    const parsed = 'finding' in line ? { findings: [line.finding] } : parseMtreeLine(line.text, defaults);
    if (parsed === null) continue;
    if (!('findings' in parsed)) yield parsed;
    else yield { findings: parsed.findings.map((finding) => below(tree.part, finding)) };
  }
}

function below(part: string, finding: Finding): Finding {
  const inside = finding.pointer !== '' && !finding.pointer.endsWith(SUFFIX);
  const pointer = pointerOf(`${PREFIX}${part}${inside ? '' : SUFFIX}`);
  return { ...finding, pointer: inside ? `${pointer}${finding.pointer}` : pointer };
}

/** Each path once and of one kind, in the tree and in the payload, and nothing below a file or a link. */
async function inspectTree(inspection: Inspection, tree: PartTree): Promise<void> {
  const kinds = new PathTable();
  const find = (path: string, code: string, detail: string): void =>
    inspection.find(`${PREFIX}${tree.part}/${path}`, code, detail, 'Have the bag packed again.');
  let lines = 0;
  for await (const entry of readTree(tree)) {
    lines += 1;
    if (lines > 2 * inspection.options.limits.maxFiles + 1000)
      return inspection.overLimit(`${PREFIX}${tree.part}${SUFFIX}`, 'too-many-files', `over ${lines} lines`);
    if ('findings' in entry) {
      inspection.findings.add(...entry.findings);
      continue;
    }
    const there = (inspection.paths.flags(`${PREFIX}${tree.part}/${entry.path}`) & ON_DISK) !== 0;
    if (kinds.add(entry.path, FLAGS[entry.type]) !== 0)
      find(entry.path, 'path-repeated', `${shown(entry.path)} stands in the mtree file twice`);
    if (entry.type === 'file' && !there)
      find(entry.path, 'file-missing', `${shown(entry.path)} is in the mtree file only`);
    if (entry.type !== 'file' && there)
      find(entry.path, 'mtree-type-differs', `${shown(entry.path)} is a file, and ${entry.type} in the mtree file`);
  }
  const check = (path: string): void => {
    for (const above of foldersAbove(path))
      if ((kinds.flags(above) & (FLAGS.link | FLAGS.file)) !== 0)
        find(path, 'path-below-link', `${shown(path)} lies below ${shown(above)}, which is no folder`);
  };
  for await (const entry of readTree(tree)) {
    if ('findings' in entry) continue;
    check(entry.path);
    const clash = foldersAbove(entry.path).find((above) => isFile(inspection, `${PREFIX}${tree.part}/${above}`));
    if (clash !== undefined) find(entry.path, 'path-below-link', `${shown(entry.path)} lies below a file`);
  }
  await inspectPayloadOf(inspection, tree, check);
}

const isFile = (inspection: Inspection, path: string): boolean => (inspection.paths.flags(path) & ON_DISK) !== 0;

/** Payload must not lie below a link of the tree either, also where the tree does not name it. */
async function inspectPayloadOf(inspection: Inspection, tree: PartTree, check: (path: string) => void): Promise<void> {
  const manifest = inspection.payloadManifests.at(-1);
  if (manifest === undefined) return;
  for await (const line of linesOf(inspection, manifest)) {
    const place = 'findings' in line ? null : partOf(line.path);
    if (place?.part === tree.part) check(place.path);
  }
}
