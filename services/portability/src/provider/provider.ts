/**
 * Who this provider is to others, and how it speaks to them. Holds the provider's keys in memory and nothing else, and
 * looks into their file while it runs; every address that another provider names is judged when it is connected to
 * (@freehold/peer).
 */
import {
  type AddressPolicy,
  describedKeys,
  Descriptions,
  type Jwk,
  knownKey,
  type PeerClient,
  peerClient,
  type ProviderDescription,
  type ProviderKey,
  type ProviderKeys,
  providerKeysFrom,
  readProviderKey,
  refusalOf,
  type Signed,
  signingKey,
  signStatement,
  type StatementKind,
  successorsOf,
} from '@freehold/peer';
import type { Finding } from '@freehold/kernel';
import { LiveFile } from '@freehold/platform';
import { MOVING_PROTOCOL } from '@freehold/portability-contract';
import { isTlsPort } from '@freehold/provisioning-contract';
import { readIdentityFile } from '@freehold/vault';
import type { PortabilityConfig } from '../portability.config.js';
import { type EvidenceKeys, evidenceKeys } from './evidence-keys.js';

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
    private readonly said: Omit<ProviderDescription, 'keys'>,
    private readonly keys: { own: LiveFile<ProviderKeys>; evidence: EvidenceKeys },
    private readonly policy: AddressPolicy,
    /** Without progress what is sealed, or is being sealed, runs here again after so long. */
    readonly sealMs: number,
  ) {
    this.#descriptions = new Descriptions({ policy });
    this.#strangers = new Descriptions({ policy });
  }

  static async open(config: ProviderConfig): Promise<Provider> {
    const { providerKeyFile } = config;
    // Says what is wrong with the file, its mode above all.
    await readProviderKey(providerKeyFile);
    const own = new LiveFile(providerKeyFile, (text) => providerKeysFrom(providerKeyFile, text));
    const identity = await readIdentityFile(config.providerIdentityFile);
    if (identity === undefined) throw new Error(`${config.providerIdentityFile} is missing; "freehold up" makes it`);
    const description = {
      provider: new URL(config.publicUrl).origin,
      name: config.providerName,
      zone: config.zone,
      protocols: [MOVING_PROTOCOL],
      recipient: identity.recipient,
    };
    const evidence = evidenceKeys(config);
    return new Provider(description, { own, evidence }, config.addressPolicy, config.sealMinutes * 60_000);
  }

  /** As it is at this moment. */
  get description(): ProviderDescription {
    const nowMs = Date.now();
    return { ...this.said, ...this.keys.evidence(nowMs), ...describedKeys(this.keys.own.content, nowMs) };
  }

  get origin(): string {
    return this.said.provider;
  }

  get kid(): string {
    return this.#key.jwk.kid;
  }

  get #key(): ProviderKey {
    return signingKey(this.keys.own.content, Date.now());
  }

  sign<Kind extends StatementKind>(kind: Kind, payload: Signed<Kind>['payload']): Signed<Kind> {
    return signStatement(kind, payload, this.#key);
  }

  /** @throws PeerFailure */
  async describe(provider: string): Promise<ProviderDescription> {
    return provider === this.origin ? this.description : this.#descriptions.of(provider);
  }

  /** The key with which that provider signed something, perhaps long ago; null: it has none such. @throws PeerFailure */
  async keyOf(provider: string, kid: string): Promise<Jwk | null> {
    return knownKey(await this.#knowing(provider, kid), kid);
  }

  /** As `keyOf`; null, too, when it does not follow from the key by which that provider is known. @throws PeerFailure */
  async keyOfKnown(known: { provider: string; kid: string }, kid: string): Promise<Jwk | null> {
    return (await this.follows(known, kid)) ? this.keyOf(known.provider, kid) : null;
  }

  /** Whether this key is that one, or follows from it by its provider's own signatures. @throws PeerFailure */
  async follows({ provider, kid: pinned }: { provider: string; kid: string }, kid: string): Promise<boolean> {
    return kid === pinned || successorsOf(await this.#knowing(provider, kid), pinned).has(kid);
  }

  /** The key by which that provider is known, and all that follow from it, by their ids. @throws PeerFailure */
  async successors({ provider, kid }: { provider: string; kid: string }): Promise<ReadonlySet<string>> {
    return successorsOf(await this.describe(provider), kid);
  }

  async #knowing(provider: string, kid: string): Promise<ProviderDescription> {
    return provider === this.origin ? this.description : this.#descriptions.knowing(provider, kid);
  }

  /** The key that signs a request of who is not known yet: a retired one does not. @throws PeerFailure */
  async keyOfStranger(provider: string, kid: string): Promise<Jwk | null> {
    if (provider !== this.origin) return this.#strangers.keyOf(provider, kid);
    return this.description.keys.find((jwk) => jwk.kid === kid) ?? null;
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
    const { origin, policy } = this;
    return peerClient({ provider: origin, key: this.#key, policy, description: await this.describe(provider) });
  }
}

const placeRefused = (address: string, port: number, why: string): Finding => ({
  pointer: '/address',
  code: 'place-refused',
  detail: `Requests are not handed on to ${address}, port ${port}: ${why}.`,
  hint: 'The target’s provider: set FREEHOLD_PUBLIC_ADDRESS to the public address at which HTTPS is taken, at port 443 or 8443.',
});
