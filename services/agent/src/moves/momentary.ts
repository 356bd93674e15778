/** So long is an answer good: thousands of requests a minute ask the same. */
const GOOD_FOR_MS = 500;
/** Moves at once that are remembered; beyond it everything is asked anew. */
const MOST = 256;

/** Asks once a moment for each key. What fails, or is null, is not remembered. */
export class Momentary<Value> {
  readonly #known = new Map<string, { readonly value: Promise<Value | null>; readonly until: number }>();

  get(key: string, ask: () => Promise<Value | null>): Promise<Value | null> {
    const now = performance.now();
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.value;
    if (this.#known.size >= MOST) this.#known.clear();
    const value = ask();
    const entry = { value, until: now + GOOD_FOR_MS };
    this.#known.set(key, entry);
    const forget = () => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    };
    value.then((found) => found === null && forget(), forget);
    return value;
  }
}
