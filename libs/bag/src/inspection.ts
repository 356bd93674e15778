import type { Finding } from '@freehold/kernel';
import type { BagLimits } from './bag.js';
import { BagFailure, FindingList } from './bag-failure.js';
import { ALGORITHMS } from './digests.js';
import type { Algorithm } from './digests.js';
import { PathTable } from './path-table.js';
import { pointerOf } from './path-rules.js';

export interface Manifest {
  name: string;
  kind: 'payload' | 'tag';
  algorithm: Algorithm;
}

/** Flags of a path: one a payload manifest, one a tag manifest, and where else it was met. */
export const flagOf = ({ kind, algorithm }: Omit<Manifest, 'name'>): number =>
  1 << (ALGORITHMS.indexOf(algorithm) + (kind === 'payload' ? 0 : 6));
export const PAYLOAD_FLAGS = 0b111111;
export const TAG_FLAGS = PAYLOAD_FLAGS << 6;
export const IN_FETCH = 1 << 12;
export const ON_DISK = 1 << 13;
/** A payload path is this one when upper and lower case are the same; no path need be there under it. */
export const CASE_FOLDED = 1 << 14;

/** What the steps of one check share. */
export class Inspection {
  readonly findings = new FindingList();
  readonly warnings = new FindingList();
  readonly paths = new PathTable();
  version = '1.0';
  manifests: Manifest[] = [];
  hasFetch = false;
  oxum: { bytes: number; files: number } | null = null;
  /** In payload manifests, on the disk, and in fetch.txt but not on the disk. */
  readonly listed = { files: 0 };
  /** That payload manifests name, each with the path of its side file if they name one. */
  readonly parts = new Map<string, string | null>();
  readonly onDisk = { payloadFiles: 0, payloadBytes: 0, bytes: 0 };
  /** By fetch.txt, also for files that are there; of files only those that manifests name. */
  readonly announced = { bytes: 0, files: 0 };
  /** A limit is broken or lines repeat: content is not read, since somebody may want us to read for ever. */
  contentRefused = false;

  constructor(
    readonly folder: string,
    readonly options: { limits: BagLimits; holey: boolean; signal?: AbortSignal | undefined },
  ) {}

  get payloadManifests(): Manifest[] {
    return this.manifests.filter(({ kind }) => kind === 'payload');
  }

  find(path: string, code: string, detail: string, hint: string): void {
    this.findings.add(this.#finding(path, code, detail, hint));
  }

  warn(path: string, code: string, detail: string, hint: string): void {
    this.warnings.add(this.#finding(path, code, detail, hint));
  }

  /** A file that cannot be read is a finding like others; the rest is still looked at. */
  async attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof BagFailure) || error.findings.length === 0) throw error;
      this.findings.add(...error.findings);
    }
  }

  overLimit(path: string, code: string, detail: string): void {
    this.contentRefused = true;
    this.find(path, code, detail, 'Raise the limit if that is meant; otherwise ask whoever packed it.');
  }

  #finding(path: string, code: string, detail: string, hint: string): Finding {
    return { pointer: path === '' ? '' : pointerOf(path), code, detail, hint };
  }
}
