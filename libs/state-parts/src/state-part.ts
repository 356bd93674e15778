/**
 * The state of an application, in five kinds behind one port (`StateAdapter`): captured, restored, counted and compared
 * without knowing the application.
 *
 *     folder of the environment, at rest ──capture──▶ a few files (a dump) ──restore──▶ folder of another environment
 *                  └──report──▶ rows and digests ──compare── rows and digests ◀──report──┘
 *
 * Invariants: a database is worked on by a private engine of ours, as the environment's user, on a Unix socket that
 * nobody else can reach; what is left out is neither captured nor reported; links are never followed.
 * After a crash: a private engine dies with us, or is found by its working folder and ended by the next run; a restore
 * builds beside the old state and swaps at the end, so that repeating it is harmless at every moment.
 */
export type StateKind = 'files' | 'sqlite' | 'postgres' | 'mysql' | 'redis';

export interface StatePart {
  readonly name: string;
  readonly kind: StateKind;
  /** Below the site's folder. Of a database server: its data folder. */
  readonly path: string;
  /** For postgres and mysql; the part's name if it is absent. */
  readonly database?: string;
  /** postgres: the folder below the site's of the socket of the running server, which lets in its superuser `postgres`. */
  readonly socket?: string;
  /** `files`: paths below the part. Databases: tables (`name` or `schema.name`) whose rows are left out. redis: key patterns. */
  readonly leaveOut: readonly { readonly path: string }[];
}

/** An environment as it lies on this machine. */
export interface Site {
  /** Absolute; at rest as far as databases are concerned. */
  readonly folder: string;
  /** Who owns it and whose engine it is; null: the user that we are. Another one needs us to be root. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Ours; short (a socket lies below it) and passable for `user`: mode 0711. */
  readonly runFolder: string;
}

export interface Done {
  readonly files: number;
  readonly bytes: number;
}

export interface WorkOptions {
  readonly signal?: AbortSignal;
  /** Called while it goes on; not called means nothing went on. */
  readonly onProgress?: (done: Done) => void;
}

export interface ListOptions extends WorkOptions {
  /** Where the digests of the last listing are remembered. Ours alone: whoever writes it decides what is believed. */
  readonly cacheFile?: string;
}

export interface ListedFile {
  readonly type: 'file';
  readonly path: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Permission bits, 0o7777. */
  readonly mode: number;
  readonly mtimeNs: bigint;
}
export interface ListedFolder {
  readonly type: 'dir';
  readonly path: string;
  readonly mode: number;
  readonly mtimeNs: bigint;
}
export interface ListedLink {
  readonly type: 'link';
  readonly path: string;
  readonly target: string;
  readonly mtimeNs: bigint;
}
export type Listed = ListedFile | ListedFolder | ListedLink;
/** As it lies there, unread. */
export type Outlined = Omit<ListedFile, 'sha256'> | ListedFolder | ListedLink;

/** `files` has one row, named ''. Databases: one per table, and rows in brackets for what lies beside the tables. */
export interface TableReport {
  readonly name: string;
  readonly count: number;
  readonly digest: string;
}

export interface PartReport {
  readonly part: string;
  readonly kind: StateKind;
  readonly tables: readonly TableReport[];
  readonly counts: Readonly<Record<string, number>>;
}

/** A number worth comparing: `sql` (one SELECT of one number) for databases, `files` for trees. */
export interface CountDeclaration {
  readonly name: string;
  readonly sql?: string;
  readonly files?: { readonly under?: string; readonly named?: string };
}

/** `cacheFile`: of the last listing of what is in place. Digests of what has to be changed there are forgotten. */
export interface RestoreOptions extends WorkOptions {
  readonly cacheFile?: string;
}

export interface ReportOptions extends WorkOptions {
  readonly cacheFile?: string;
}

/** In the folder of a copy that was taken ahead: by which changes are found later. It does not travel. */
export const COPY_SUMS = 'copy.sums';

/** What each kind of state can do. The functions of the same names dispatch to it. */
export interface StateAdapter {
  capture(site: Site, part: StatePart, into: string, options: WorkOptions): Promise<string[]>;
  restore(site: Site, part: StatePart, from: string, options: RestoreOptions): Promise<void>;
  report(job: ReportJob): Promise<PartReport>;
  tools(): Promise<Tools>;
  /** Where both are faster together than one after the other. */
  captureReported?(job: CaptureJob): Promise<PartReport>;
  restoreReported?(job: RestoreJob): Promise<PartReport>;
  /** Where a copy can be taken ahead, while the application runs. */
  ahead?: {
    copy(site: Site, part: StatePart, into: string, options: WorkOptions): Promise<string[] | null>;
    makeReady(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void>;
    settle(site: Site, part: StatePart, options: WorkOptions): Promise<void>;
  };
}

export interface CaptureJob {
  readonly site: Site;
  readonly part: StatePart;
  readonly into: string;
  readonly counts: readonly CountDeclaration[];
  /** The folder of a copy that was taken ahead (`copyAhead`), on the same file system as `into`. */
  readonly base?: string;
  readonly options: WorkOptions;
}

export interface RestoreJob {
  readonly site: Site;
  readonly part: StatePart;
  readonly from: string;
  readonly counts: readonly CountDeclaration[];
  readonly options: RestoreOptions;
}

export interface ReportJob {
  readonly site: Site;
  readonly part: StatePart;
  readonly counts: readonly CountDeclaration[];
  readonly options: ReportOptions;
}

export interface Tools {
  readonly available: boolean;
  readonly version: string | null;
  readonly hint: string | null;
}
