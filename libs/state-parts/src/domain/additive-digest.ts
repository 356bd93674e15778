/** Sum of 128-bit hashes in four lanes of 32 bits: the same for the same multiset, in whatever order it comes. */
export class AdditiveDigest {
  readonly #lanes = new Uint32Array(4);

  /** `hash`: 16 octets or more, of a good hash. */
  add(hash: Uint8Array): void {
    const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
    for (let lane = 0; lane < 4; lane += 1) {
      this.#lanes[lane] = ((this.#lanes[lane] ?? 0) + view.getUint32(lane * 4)) >>> 0;
    }
  }

  hex(): string {
    return [...this.#lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
  }
}
