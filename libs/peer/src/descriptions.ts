import { findingsOf } from '@freehold/kernel';
import { type Jwk, ProviderDescription, ProviderOrigin } from '@freehold/portability-contract';
import type { ExchangeLimits } from './exchange.js';
import { fetchJson } from './fetch-json.js';
import { PeerFailure } from './peer-failure.js';
import { knownKey } from './key-chain.js';
import { thumbprintOf } from './provider-key.js';

export const DESCRIPTION_PATH = '/.well-known/freehold';

export type DescriptionOptions = Pick<ExchangeLimits, 'policy' | 'signal' | 'resolve'> & {
  /** Of one try, of which there are two; default 5,000. */
  timeoutMs?: number;
  /** Default 64 KiB. */
  limitBytes?: number;
};

/**
 * What a provider says of itself, from its own origin. It must name that origin, and each key's id must be its thumbprint.
 * Silence is tried once more, by another connection: on a line that loses packets one may have lost those that it began with.
 * @throws PeerFailure
 */
export async function fetchDescription(provider: string, options: DescriptionOptions): Promise<ProviderDescription> {
  if (!ProviderOrigin.safeParse(provider).success) {
    throw new PeerFailure('refused-address', provider.slice(0, 200), 'a provider is named by its origin');
  }
  const { timeoutMs = 5_000, limitBytes = 65_536, ...others } = options;
  const ask = () => fetchJson(`${provider}${DESCRIPTION_PATH}`, { ...others, timeoutMs, limitBytes });
  const said = await ask().catch((error: unknown) => {
    if (error instanceof PeerFailure && error.code === 'timed-out') return ask();
    throw error;
  });
  const parsed = ProviderDescription.safeParse(said);
  if (!parsed.success) {
    const findings = findingsOf(parsed.error);
    throw new PeerFailure('not-a-provider', provider, 'what it says of itself is not a description', { findings });
  }
  if (parsed.data.provider !== provider) {
    throw new PeerFailure('not-a-provider', provider, 'it says that it is somebody else');
  }
  if ([...parsed.data.keys, ...(parsed.data.retiredKeys ?? [])].some((jwk) => thumbprintOf(jwk) !== jwk.kid)) {
    throw new PeerFailure('not-a-provider', provider, 'a key of it has an id that is not its thumbprint');
  }
  return parsed.data;
}

export interface DescriptionsOptions extends Omit<DescriptionOptions, 'signal'> {
  /** How long an answer is kept; default 60 s. */
  keptMs?: number;
  /** How long a failure is kept; default 5 s. So old is, at least, what is asked for anew because it lacks a key. */
  failureKeptMs?: number;
  /** Default 500; whoever was asked longest ago is forgotten first. */
  maxEntries?: number;
  /** Exchanges at once; default 16. More are refused at once, so that strangers cannot make this wait on their behalf. */
  maxConcurrent?: number;
  /** Monotonic milliseconds; for tests. */
  now?: () => number;
}

interface Entry {
  /** When it began to be asked for. */
  askedAt: number;
  until: number;
  answer: Promise<ProviderDescription>;
}

/** Descriptions that are kept for a moment. Many who ask for the same one at once cause one exchange. */
export class Descriptions {
  readonly #entries = new Map<string, Entry>();
  #running = 0;

  constructor(private readonly options: DescriptionsOptions) {}

  /** @throws PeerFailure */
  of(provider: string): Promise<ProviderDescription> {
    const known = this.#entries.get(provider);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    if (this.#running >= (this.options.maxConcurrent ?? 16)) {
      return Promise.reject(
        new PeerFailure('unreachable', provider, 'too many providers are being asked at the moment'),
      );
    }
    return this.#ask(provider);
  }

  /** The key with this id that requests may be signed with; null when the provider has none such. @throws PeerFailure */
  async keyOf(provider: string, kid: string): Promise<Jwk | null> {
    return (await this.knowing(provider, kid)).keys.find((jwk) => jwk.kid === kid) ?? null;
  }

  /**
   * As `of`; asked for anew, once, when it does not know this key and is not of this moment: the provider may have changed
   * its key. When that fails, what was known before is the answer. @throws PeerFailure
   */
  async knowing(provider: string, kid: string): Promise<ProviderDescription> {
    const known = await this.of(provider);
    const entry = this.#entries.get(provider);
    const isOfThisMoment = entry === undefined || this.#now() < entry.askedAt + (this.options.failureKeptMs ?? 5_000);
    if (knownKey(known, kid) !== null || isOfThisMoment) return known;
    if (this.#running >= (this.options.maxConcurrent ?? 16)) return known;
    return this.#ask(provider).catch(() => {
      this.#entries.set(provider, { ...entry, askedAt: this.#now() });
      return known;
    });
  }

  #ask(provider: string): Promise<ProviderDescription> {
    this.#running += 1;
    const answer = fetchDescription(provider, this.options).finally(() => (this.#running -= 1));
    const entry: Entry = { askedAt: this.#now(), until: Number.POSITIVE_INFINITY, answer };
    const { keptMs = 60_000, failureKeptMs = 5_000, maxEntries = 500 } = this.options;
    this.#entries.delete(provider);
    this.#entries.set(provider, entry);
    if (this.#entries.size > maxEntries) this.#entries.delete(this.#entries.keys().next().value ?? '');
    answer.then(
      () => (entry.until = this.#now() + keptMs),
      () => (entry.until = this.#now() + failureKeptMs),
    );
    return answer;
  }

  #now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }
}
