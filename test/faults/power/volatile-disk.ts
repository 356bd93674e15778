/**
 * A disk with a volatile write cache, in memory: what was written since the last flush is what a power cut may take. Each
 * sector on its own then has its old bytes or its new ones, whatever the order of the writes (what the drive promises:
 * NVM Express base specification, "Volatile Write Cache"; a sector is never torn).
 */
const SECTOR_BYTES = 512;

/** What a cut found unsynced, and how much of that it took. */
export interface Cut {
  readonly unsynced: number;
  readonly dropped: number;
}

export class VolatileDisk {
  /** Sectors written since the last flush: their bytes as of then. */
  readonly #before = new Map<number, Buffer>();

  constructor(private readonly image: Buffer) {
    if (image.length % SECTOR_BYTES !== 0) throw new RangeError('a disk has whole sectors');
  }

  get bytes(): number {
    return this.image.length;
  }

  read(offset: number, length: number): Buffer {
    return this.image.subarray(offset, offset + length);
  }

  /** @param through past the cache ("force unit access"). */
  write(offset: number, bytes: Buffer, through = false): void {
    const end = Math.ceil((offset + bytes.length) / SECTOR_BYTES);
    for (let sector = Math.floor(offset / SECTOR_BYTES); sector < end; sector += 1) {
      if (through) this.#before.delete(sector);
      else if (!this.#before.has(sector)) this.#before.set(sector, Buffer.from(this.#sector(sector)));
    }
    bytes.copy(this.image, offset);
  }

  flush(): void {
    this.#before.clear();
  }

  /** The power goes: sectors that were not flushed fall back, but for those that had got there by chance. */
  cut(hadGotThere: (sector: number) => boolean): Cut {
    const unsynced = this.#before.size;
    let dropped = 0;
    for (const [sector, before] of this.#before) {
      if (hadGotThere(sector)) continue;
      before.copy(this.#sector(sector));
      dropped += 1;
    }
    this.#before.clear();
    return { unsynced, dropped };
  }

  #sector(sector: number): Buffer {
    return this.image.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
  }
}
