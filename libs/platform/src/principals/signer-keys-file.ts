import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { LiveFile } from './live-file.js';
import type { Signer, SignerKeys } from './principal-token.js';

/*
 * The public keys of a cell's signers, in a file that every service has:
 *
 *   { "<signer>": "<SPKI PEM>" }                                      one key, for good
 *   { "<signer>": [{ "key": "<PEM>", "from": …, "until": … }, …] }    while it is changed, and afterwards
 *
 * A key is believed from the moment that it is in the file, signs from `from` on, and is refused from `until` on. So a
 * change is one replacement of this file; all that follows is a matter of the clock, and no crash can stop in the middle.
 */
export const PublishedKey = z.object({
  key: z.string(),
  /** Its owner signs with it from then on; without it: since ever. */
  from: z.iso.datetime().optional(),
  /** Nobody believes it from then on. */
  until: z.iso.datetime().optional(),
});
export type PublishedKey = z.infer<typeof PublishedKey>;
export type PublishedKeys = Readonly<Record<Signer, readonly PublishedKey[]>>;

const SignerKeysJson = z.record(z.string(), z.union([z.string(), z.array(PublishedKey)]));

/** @throws ZodError, SyntaxError when the text is no such file */
export const publishedKeysIn = (text: string): PublishedKeys =>
  Object.fromEntries(
    Object.entries(SignerKeysJson.parse(JSON.parse(text))).map(([signer, keys]) => [
      signer,
      typeof keys === 'string' ? [{ key: keys }] : keys,
    ]),
  );

/** Of these the one that signs at this moment; undefined: none yet. */
export function signsAt<Key extends Pick<PublishedKey, 'from'>>(keys: readonly Key[], nowMs: number): Key | undefined {
  const begun = keys.filter((each) => beginsAt(each) <= nowMs);
  return begun.toSorted((one, other) => beginsAt(other) - beginsAt(one))[0];
}

const beginsAt = ({ from }: Pick<PublishedKey, 'from'>): number =>
  from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);

interface Believed extends PublishedKey {
  readonly publicKey: KeyObject;
  readonly untilMs: number;
}

/** The file as it is now: it is looked at again and again. */
export class SignerKeysFile implements SignerKeys {
  readonly #file: LiveFile<ReadonlyMap<Signer, readonly Believed[]>>;

  /** @throws when it is missing or holds something else */
  constructor(path: string) {
    this.#file = new LiveFile(path, (text) => believedIn(path, text));
  }

  get(signer: Signer): readonly KeyObject[] {
    return this.#believed(signer).map(({ publicKey }) => publicKey);
  }

  /** What is published of a signer. */
  published(signer: Signer): readonly PublishedKey[] {
    return this.#believed(signer);
  }

  #believed(signer: Signer): readonly Believed[] {
    const now = Date.now();
    return (this.#file.content.get(signer) ?? []).filter(({ untilMs }) => now < untilMs);
  }
}

function believedIn(path: string, text: string): ReadonlyMap<Signer, readonly Believed[]> {
  try {
    const entries = Object.entries(publishedKeysIn(text));
    return new Map(entries.map(([signer, keys]) => [signer, keys.map(believed)]));
  } catch (cause) {
    throw new Error(`${path} does not hold public keys by signer (JSON, SPKI PEM)`, { cause });
  }
}

const believed = (published: PublishedKey): Believed => ({
  ...published,
  publicKey: createPublicKey(published.key),
  untilMs: published.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(published.until),
});
