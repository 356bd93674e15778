import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { log } from '../logging/logging.js';
import { LiveFile } from './live-file.js';
import type { Signer } from './principal-token.js';
import { SignerKeysFile, signsAt } from './signer-keys-file.js';

/** A fresh Ed25519 pair in PEM: the private part (PKCS #8) for a file of mode 0600, the public one (SPKI) for everybody. */
export function createSignerKey(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** The first key in the file. @throws when it is missing or no PKCS #8 PEM; the message has the path, never the key. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  return firstOf(privateKeysIn(path, await readFile(path, 'utf8')));
}

/** Public keys by signer, as their file has them from now on (signer-keys-file.ts). */
export async function readSignerKeys(path: string): Promise<SignerKeysFile> {
  return new SignerKeysFile(path);
}

/** The private keys of a file, one or, while it is changed, several. Their public parts are what they are known by. */
export function privateKeysIn(path: string, text: string): [KeyObject, ...KeyObject[]] {
  try {
    const [first = '', ...others] = text.match(PEM) ?? [];
    return [createPrivateKey(first), ...others.map((pem) => createPrivateKey(pem))];
  } catch (cause) {
    throw new Error(`${path} is no private key in PEM (PKCS #8); make it again with \`freehold up\``, { cause });
  }
}
const PEM = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/g;

const firstOf = ([first]: readonly [KeyObject, ...KeyObject[]]): KeyObject => first;

export const publicPemOf = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** For people and log lines: SHA-256 of the public key (SPKI, DER), the first 16 hexadecimal digits. */
const nameOfKey = (publicPem: string): string =>
  createHash('sha256')
    .update(createPublicKey(publicPem).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

export interface SigningFiles {
  signingKeyFile: string;
  signerKeysFile: string;
}

/**
 * What a service signs with: of the private keys in its file the newest whose time has come by the file of public keys;
 * the first one as long as none of them is published. Both files may be replaced at any time.
 */
export class CurrentSigningKey {
  readonly #file: LiveFile<readonly [Own, ...Own[]]>;
  readonly #published: SignerKeysFile;
  #last: Own | undefined;

  /** @throws when one of the files cannot be read */
  constructor(
    { signingKeyFile, signerKeysFile }: SigningFiles,
    private readonly signer: Signer,
  ) {
    this.#file = new LiveFile(signingKeyFile, (text) => ownIn(signingKeyFile, text));
    this.#published = new SignerKeysFile(signerKeysFile);
  }

  get key(): KeyObject {
    const own = this.#file.content;
    const chosen = own.length === 1 ? own[0] : this.#chosen(own);
    if (this.#last !== undefined && this.#last.publicPem !== chosen.publicPem) {
      log().info(
        { signer: this.signer, fingerprint: nameOfKey(chosen.publicPem) },
        'signs with another key from now on',
      );
    }
    this.#last = chosen;
    return chosen.privateKey;
  }

  #chosen(own: readonly [Own, ...Own[]]): Own {
    const published = this.#published.published(this.signer);
    const known = published.filter(({ key }) => own.some(({ publicPem }) => publicPem === key));
    const current = signsAt(known, Date.now())?.key;
    return own.find(({ publicPem }) => publicPem === current) ?? own[0];
  }
}

interface Own {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

function ownIn(path: string, text: string): [Own, ...Own[]] {
  const [first, ...others] = privateKeysIn(path, text);
  return [ownOf(first), ...others.map(ownOf)];
}

const ownOf = (privateKey: KeyObject): Own => ({ privateKey, publicPem: publicPemOf(privateKey) });
