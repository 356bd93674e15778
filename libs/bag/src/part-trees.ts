import { join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { IN_FETCH, ON_DISK } from './inspection.js';
import type { Inspection } from './inspection.js';
import { linesOf } from './inspect-tag-files.js';
import { readLines } from './line-reader.js';
import { parseMtreeLine } from './mtree-parse.js';
import type { MtreeDefaults } from './mtree-parse.js';
import type { MtreeEntry } from './mtree-format.js';
import { MAX_PARTS, PARTS_FOLDER, partOf, SIDE_FILE_SUFFIX } from './part-names.js';
import { foldersAbove, pointerOf, shown } from './path-rules.js';
import { PathTable } from './path-table.js';

const MAX_LINE_BYTES = 64 * 1024;

const REPACK = 'Have the bag packed again.';

const FLAGS = { file: 1, dir: 2, link: 4 } as const;

/** A part of a bag; `mtree` is the path of its side file on this machine, if there is one. */
export interface PartTree {
  part: string;
  mtree: string | null;
}

/**
 * The parts of a bag whose manifests are right, and what is wrong with their mtree files as findings of the inspection: each path
 * once, of the same kind in the tree and in the payload, nothing below a file or a link. Two passes over the files and one over
 * the manifest, however many parts there are; a side file that is not fetched so far says nothing.
 */
export async function inspectParts(inspection: Inspection): Promise<PartTree[]> {
  const trees = listParts(inspection);
  const kinds = new PathTable();
  for (const tree of trees) await inspectTree(inspection, tree, kinds);
  const check = clashFinder(inspection, kinds);
  for (const tree of trees)
    for await (const entry of readTree(tree)) if (!('findings' in entry)) check(`${tree.part}/${entry.path}`, true);
  if (trees.some(({ mtree }) => mtree !== null))
    for await (const path of payloadPaths(inspection)) {
      const place = partOf(path);
      if (place !== null) check(`${place.part}/${place.path}`, false);
    }
  return trees;
}

async function* payloadPaths(inspection: Inspection): AsyncGenerator<string> {
  const manifest = inspection.payloadManifests.at(-1);
  if (manifest === undefined) return;
  for await (const line of linesOf(inspection, manifest)) {
    inspection.options.signal?.throwIfAborted();
    if (!('findings' in line)) yield line.path;
  }
}

function listParts(inspection: Inspection): PartTree[] {
  if (inspection.parts.size > MAX_PARTS) {
    inspection.overLimit('data/parts', 'too-many-parts', `there are over ${MAX_PARTS} parts`);
    return [];
  }
  const trees = Array.from(inspection.parts, ([part, sideFile]) => {
    const isThere = sideFile !== null && (inspection.paths.flags(sideFile) & ON_DISK) !== 0;
    return { part, mtree: isThere ? join(inspection.folder, sideFile) : null };
  });
  return trees.sort((a, b) => (a.part < b.part ? -1 : 1));
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
  const inside = finding.pointer !== '' && !finding.pointer.endsWith(SIDE_FILE_SUFFIX);
  const pointer = pointerOf(`${PARTS_FOLDER}${part}${inside ? '' : SIDE_FILE_SUFFIX}`);
  return { ...finding, pointer: inside ? `${pointer}${finding.pointer}` : pointer };
}

async function inspectTree(inspection: Inspection, tree: PartTree, kinds: PathTable): Promise<void> {
  let lines = 0;
  for await (const entry of readTree(tree)) {
    inspection.options.signal?.throwIfAborted();
    lines += 1;
    if (lines > 2 * inspection.options.limits.maxFiles + 1000)
      return inspection.overLimit(
        `${PARTS_FOLDER}${tree.part}${SIDE_FILE_SUFFIX}`,
        'too-many-files',
        `over ${lines} lines`,
      );
    if ('findings' in entry) {
      inspection.findings.add(...entry.findings);
      continue;
    }
    const path = `${tree.part}/${entry.path}`;
    const there = isPayload(inspection, path);
    const find = (code: string, detail: string): void =>
      inspection.find(`${PARTS_FOLDER}${path}`, code, detail, REPACK);
    if (kinds.add(path, FLAGS[entry.type]) !== 0)
      find('path-repeated', `${shown(path)} stands in its mtree file twice`);
    if (entry.type === 'file' && !there) find('file-missing', `${shown(path)} is in its mtree file only`);
    if (entry.type !== 'file' && there)
      find('mtree-type-differs', `${shown(path)} is a file, and ${entry.type} in its mtree file`);
  }
}

const isPayload = ({ paths }: Inspection, path: string): boolean =>
  (paths.flags(`${PARTS_FOLDER}${path}`) & (ON_DISK | IN_FETCH)) !== 0;

/** Looks at the folders above a path (`part/…`); those above the path before it were looked at then. */
function clashFinder(inspection: Inspection, kinds: PathTable): (path: string, inTree: boolean) => void {
  let parent = '';
  return (path, inTree) => {
    const folders = foldersAbove(path);
    const news = folders.filter((above) => !`${parent}/`.startsWith(`${above}/`));
    let clean = true;
    for (const above of news) {
      const isLink = (kinds.flags(above) & (FLAGS.link | FLAGS.file)) !== 0;
      // A file of the payload cannot lie below another: they are on a disk.
      if (!isLink && !(inTree && isPayload(inspection, above))) continue;
      clean = false;
      const detail = `${shown(path)} lies below ${shown(above)}, which is no folder`;
      inspection.find(`${PARTS_FOLDER}${path}`, 'path-below-link', detail, REPACK);
    }
    parent = clean ? (folders.at(-1) ?? '') : '';
  };
}
