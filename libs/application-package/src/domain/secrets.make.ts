import type { ApplicationPackage } from './application-package.js';
import type { Generate } from './contents.schema.js';

/** A secret that the platform makes before the first start. */
export interface SecretToMake {
  readonly name: string;
  readonly generate: Generate;
}

/** Gives that many random octets. Comes in as an argument, so that everything here stays a function. */
export type RandomOctets = (size: number) => Uint8Array;

/** The secrets that the platform makes; those that travel are taken along instead on an arrival. */
export function secretsToMake(app: Pick<ApplicationPackage, 'description'>): SecretToMake[] {
  return app.description.secrets.flatMap(({ name, madeBy, generate }) =>
    madeBy === 'platform' && generate !== undefined ? [{ name, generate }] : [],
  );
}

/** One secret as text. The Synapse signing key is one line: algorithm, key version, unpadded base64 of the seed (32 octets). */
export function makeSecret(generate: Generate, randomOctets: RandomOctets): string {
  switch (generate.kind) {
    case 'random':
      return Buffer.from(randomOctets(generate.bytes)).toString(generate.encoding);
    case 'synapse-signing-key': {
      const seed = Buffer.from(randomOctets(32)).toString('base64').replaceAll('=', '');
      return `ed25519 a_${letters(randomOctets(4))} ${seed}\n`;
    }
  }
}

/** The version in a key's id: only tells keys apart, so that the small bias of the remainder does no harm. */
function letters(octets: Uint8Array): string {
  return [...octets].map((octet) => String.fromCharCode('a'.charCodeAt(0) + (octet % 26))).join('');
}
