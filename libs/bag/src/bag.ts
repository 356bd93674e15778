/**
 * The portable form: BagIt 1.0 bags (RFC 8493), read and written as streams.
 *
 *     bag/ bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt [fetch.txt] data/…
 *
 * Owns: how a bag is packed, checked, completed, unpacked and compared, and the mtree(5) side files. Knows neither NATS nor agents.
 *
 * - A bag is hostile until checked: everything that is wrong is listed (200 findings at most, then how many more), and nothing
 *   was created by then. Links, hard links and special files in a bag are refused, never followed.
 * - A folder under its final name is whole: packing and unpacking work in a folder beside it (`.packing`, `.unpacking`) and rename
 *   it at the end. A crash leaves that one, which the next attempt removes. Completing puts a file into the bag only after its
 *   digest was right; what is partly there waits in `.partial` beside the bag and is resumed.
 * - Memory: manifests of any length are read line by line. Cross checks remember a salted 128-bit digest a path
 *   (path-table.ts), 26 to 52 bytes a file, up to twice that where names have capitals, so that {@link BagLimits.maxFiles} bounds them.
 * - A bag is at rest while it is read: nobody else writes below it.
 */
export interface BagFile {
  /** Relative to the bag: `data/parts/media/ab/cd`. */
  path: string;
  sizeBytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

export interface BagSummary {
  payloadBytes: number;
  payloadFiles: number;
  /** Of the bytes of tagmanifest-sha256.txt (what a provider signs); in bags of others of their strongest tag manifest, or ''. */
  tagManifestSha256: string;
}

/** A line of fetch.txt; `sizeBytes` is null where the line says `-`. */
export interface FetchEntry {
  url: string;
  sizeBytes: number | null;
  path: string;
}

/** What is accepted, announced or real. The caller sets them from what was announced and from the quota. */
export interface BagLimits {
  /** Payload files; also lines of a manifest. */
  maxFiles: number;
  /** Payload and tag files together. */
  maxBytes: number;
  /** Of one path in UTF-8. */
  maxPathBytes: number;
}

/** Five million files, 1 TiB, paths of 2 KiB. At five million files the cross checks take 300 to 600 MB. */
export const DEFAULT_BAG_LIMITS: BagLimits = { maxFiles: 5_000_000, maxBytes: 2 ** 40, maxPathBytes: 2048 };

/** `null` where the total is not known before the end. */
export interface Progress {
  filesDone: number;
  files: number | null;
  bytesDone: number;
  bytes: number | null;
}
