/**
 * Who this provider is to others, and how it speaks to them. Holds the provider's key in memory and nothing else; every
 * address that another provider names is judged when it is connected to (@freehold/peer).
 */
import {
  type AddressPolicy,
  Descriptions,
  type PeerClient,
  peerClient,
  type ProviderDescription,
  type ProviderKey,
  readProviderKey,
  refusalOf,
  type Signed,
  signStatement,
  type StatementKind,
} from '@freehold/peer';
import type { Finding } from '@freehold/kernel';
import { MOVING_PROTOCOL } from '@freehold/portability-contract';
import { isTlsPort } from '@freehold/provisioning-contract';
import { formatVerifierKey, logOrigin, witnessName } from '@freehold/evidence';
import { readIdentityFile } from '@freehold/vault';
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PortabilityConfig } from '../portability.config.js';

type ProviderConfig = Pick<
  PortabilityConfig,
  | 'publicUrl'
  | 'providerName'
  | 'zone'
  | 'providerKeyFile'
  | 'providerIdentityFile'
  | 'logPublicKeyFile'
  | 'witnessPublicKeyFile'
  | 'addressPolicy'
  | 'sealMinutes'
>;

export class Provider {
  readonly #descriptions: Descriptions;
  /** Of whoever says that it signed something: strangers take no place of those that a move needs. */
  readonly #strangers: Descriptions;

  private constructor(
    readonly description: ProviderDescription,
    private readonly key: ProviderKey,
    private readonly policy: AddressPolicy,
    /** Without progress what is sealed, or is being sealed, runs here again after so long. */
    readonly sealMs: number,
  ) {
    this.#descriptions = new Descriptions({ policy });
    this.#strangers = new Descriptions({ policy });
  }

  static async open(config: ProviderConfig): Promise<Provider> {
    const key = await readProviderKey(config.providerKeyFile);
    const identity = await readIdentityFile(config.providerIdentityFile);
    if (identity === undefined) throw new Error(`${config.providerIdentityFile} is missing; "freehold up" makes it`);
    const logKey = await publicKeyIn(config.logPublicKeyFile);
    const witnessKey = await publicKeyIn(config.witnessPublicKeyFile);
    const description = {
      provider: new URL(config.publicUrl).origin,
      name: config.providerName,
      zone: config.zone,
      protocols: [MOVING_PROTOCOL],
      keys: [key.jwk],
      recipient: identity.recipient,
      logKey: formatVerifierKey({ name: logOrigin(config.publicUrl), type: 'ed25519', publicKey: logKey }),
      witnessKey: formatVerifierKey({
        name: witnessName(config.publicUrl),
        type: 'cosignature',
        publicKey: witnessKey,
      }),
    };
    return new Provider(description, key, config.addressPolicy, config.sealMinutes * 60_000);
  }

  get origin(): string {
    return this.description.provider;
  }

  get kid(): string {
    return this.key.jwk.kid;
  }

  sign<Kind extends StatementKind>(kind: Kind, payload: Signed<Kind>['payload']): Signed<Kind> {
    return signStatement(kind, payload, this.key);
  }

  /** @throws PeerFailure */
  async describe(provider: string): Promise<ProviderDescription> {
    return provider === this.origin ? this.description : this.#descriptions.of(provider);
  }

  /** Null: that provider has no such key. @throws PeerFailure */
  async keyOf(provider: string, kid: string) {
    return (await this.describe(provider)).keys.find((jwk) => jwk.kid === kid) ?? null;
  }

  /** As `keyOf`, for who is not known yet. @throws PeerFailure */
  async keyOfStranger(provider: string, kid: string) {
    return provider === this.origin ? this.keyOf(provider, kid) : this.#strangers.keyOf(provider, kid);
  }

  /** Whether a peer may send us there: to a place of its own, or on loopback to any where several share one machine. */
  mayFetch(url: string, provider: string): boolean {
    const { protocol, hostname, port } = new URL(url);
    if (hostname === new URL(provider).hostname && protocol === 'https:') return true;
    if (this.policy !== 'embedded') return false;
    return refusalOf(hostname.replace(/^\[(.*)\]$/, '$1'), { protocol, port: Number(port) }, 'embedded') === null;
  }

  /** Why names and requests are not led to a place that a peer calls its own; null when they are. */
  refusalOfPlace({ address, port }: { readonly address: string; readonly port: number }): Finding | null {
    const why = refusalOf(address, { protocol: isTlsPort(port) ? 'https:' : 'http:', port }, this.policy);
    return why === null ? null : placeRefused(address, port, why);
  }

  /** @throws PeerFailure */
  async client(provider: string): Promise<PeerClient> {
    const { origin, key, policy } = this;
    return peerClient({ provider: origin, key, policy, description: await this.describe(provider) });
  }
}

const publicKeyIn = async (file: string) => createPublicKey(await readFile(file, 'utf8'));

const placeRefused = (address: string, port: number, why: string): Finding => ({
  pointer: '/address',
  code: 'place-refused',
  detail: `Requests are not handed on to ${address}, port ${port}: ${why}.`,
  hint: 'The target’s provider: set FREEHOLD_PUBLIC_ADDRESS to the public address at which HTTPS is taken, at port 443 or 8443.',
});
