/**
 * The other side of an arrival, as this one speaks to it (docs/protocol/moving-v1.md). Every answer is read with the
 * protocol's schemas; what a peer says otherwise is its failure, never ours.
 */
import { logOrigin } from '@freehold/evidence';
import type { Finding } from '@freehold/kernel';
import {
  fingerprintOfKid,
  openStatement,
  type PeerAnswer,
  PeerFailure,
  readGrantText,
  type Signed,
} from '@freehold/peer';
import { type Done, done, type Refused, refusedWith } from '@freehold/platform';
import { type ArrivalSource, DepartureStanding, Offer, openTransfer } from '@freehold/portability-contract';
import { z } from 'zod';
import { PeerRefused, readAnswer } from '../provider/peer-answer.js';
import type { Provider } from '../provider/provider.js';
import type { Accepted } from './domain/arrival.js';
import { grantOver } from './domain/grant-over.js';

export interface Inspected {
  offer: Offer;
  from: Accepted['source'];
  move: string;
}

/** What every request of a move carries. */
type Move = Pick<Accepted, 'source' | 'move' | 'nonce'>;

/** The source said something that cannot be believed. */
export class SourceBrokeItsWord extends Error {
  override readonly name = 'SourceBrokeItsWord';
  constructor(readonly findings: readonly Finding[]) {
    super(`the source broke its word: ${findings.map(({ code }) => code).join(', ')}`);
  }
}

const Addressed = z.object({ to: z.object({ provider: z.string() }) });
const WAITING_MS = 10_000;
/** How often somebody's wait is begun anew while nothing comes: over a line that loses packets a new connection is quicker. */
const ATTEMPTS = 3;

export class Source {
  /** @param timeoutMs of what is asked while somebody waits, all of it together, in one attempt. */
  constructor(
    private readonly provider: Provider,
    private readonly timeoutMs = WAITING_MS,
  ) {}

  /** Reads a grant, checks that its source signed it for us, and asks what there is. */
  async inspect(text: string, arrival: string): Promise<Done<Inspected> | Refused> {
    const grant = readGrantText(text);
    if (Array.isArray(grant)) return refusedWith(grant.map((finding) => ({ ...finding, pointer: '/grant' })));
    const { source } = grant.payload;
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.timeout(this.timeoutMs);
      try {
        return await inTime(this.#ask(grant, arrival, signal), signal, source);
      } catch (error) {
        if (attempt === ATTEMPTS || !isSilence(error)) return refusalOf(error);
      }
    }
  }

  /** @throws PeerFailure, PeerRefused */
  async #ask(grant: Signed<'grant'>, arrival: string, signal: AbortSignal): Promise<Done<Inspected> | Refused> {
    const { source, to, move } = grant.payload;
    const key = await this.provider.keyOf(source, grant.kid);
    const payload = key === null ? [grantUnsigned] : openStatement('grant', grant, key);
    if (Array.isArray(payload)) return refusedWith([grantUnsigned]);
    if (to !== null && to.provider !== this.provider.origin) return refusedWith([grantOfAnother]);
    const client = await this.provider.client(source);
    const answer = await client.call('POST', '/v1/moves/inspect', { grant }, { idempotencyKey: arrival, signal });
    const offer = readAnswer(Offer, answer, source);
    const from = { provider: source, kid: grant.kid };
    const standing = await this.standing({ source: from, move, nonce: offer.nonce }, signal);
    const over = grantOver(standing, payload.expires, offer.clock);
    const unconfirmed = offer.confirmed || over.length > 0 ? [] : [this.#unconfirmed(offer)];
    const findings = [...over, ...unconfirmed, ...(await this.#namesElsewhere(offer))];
    return findings.length > 0 ? refusedWith(findings) : done({ offer, from, move });
  }

  /** @throws PeerFailure, PeerRefused */
  async standing(arrival: Move, signal: AbortSignal): Promise<DepartureStanding> {
    return readAnswer(
      DepartureStanding,
      await this.#call(arrival, { method: 'GET', path: '', body: null }, { signal }),
      arrival.source.provider,
    );
  }

  /** A change at the source; the same id is the same change. @throws PeerFailure, PeerRefused */
  async change(
    arrival: Accepted,
    path: string,
    body: unknown,
    options: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<DepartureStanding> {
    return readAnswer(
      DepartureStanding,
      await this.#call(arrival, { method: 'POST', path, body }, options),
      arrival.source.provider,
    );
  }

  /** @throws PeerFailure, PeerRefused */
  async transfer(arrival: Accepted): Promise<z.infer<typeof openTransfer.reply>> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    const answer = await this.#call(arrival, { method: 'GET', path: '/transfer', body: null }, { signal });
    const place = readAnswer(openTransfer.reply, answer, arrival.source.provider);
    if (!this.provider.mayFetch(place.url, arrival.source.provider)) throw new SourceBrokeItsWord([placeRefused]);
    return place;
  }

  /**
   * By which log what happened there is proven, with the keys of a proof that was made before they changed; null: it has
   * none. @throws PeerFailure
   */
  async log({ source: { provider } }: Pick<Accepted, 'source'>): Promise<ArrivalSource['log']> {
    const { logKey, logKeyChanges } = await this.provider.describe(provider);
    if (logKey === undefined) return null;
    const { also, former } = logKeyChanges ?? { also: [], former: [] };
    return { origin: logOrigin(provider), key: logKey, also, former };
  }

  /**
   * What the source signed is believed by the key of its grant or one that follows from it, and only about this very
   * departure. @throws SourceBrokeItsWord
   */
  async verify(accepted: Accepted, kind: 'seal' | 'handover' | 'reopened', signed: { kid: string }): Promise<void> {
    const { provider } = accepted.source;
    const key = await this.provider.keyOfKnown(accepted.source, signed.kid);
    const payload = key === null ? [statementUnsigned] : openStatement(kind, signed, key);
    if (Array.isArray(payload)) throw new SourceBrokeItsWord(payload);
    const { source, departure, lineage } = payload;
    const isAboutIt = source === provider && departure === accepted.departure && lineage === accepted.lineage;
    const epoch = accepted.epoch + (kind === 'handover' ? 1 : 0);
    const { data: said } = Addressed.safeParse(payload);
    const isOurs = said === undefined || said.to.provider === this.provider.origin;
    if (!isAboutIt || !isOurs || payload.epoch !== epoch) throw new SourceBrokeItsWord([statementUnsigned]);
  }

  async #call(
    { source, move, nonce }: Move,
    { method, path, body }: { method: string; path: string; body: unknown },
    options: { idempotencyKey?: string; signal: AbortSignal },
  ): Promise<PeerAnswer> {
    const client = await this.provider.client(source.provider);
    return client.call(method, `/v1/moves/${encodeURIComponent(move)}${path}`, body, { ...options, nonce });
  }

  /** Names that are not in the zone of the provider that is said to be their home. @throws PeerFailure */
  async #namesElsewhere({ names }: Offer): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const { name, via } of names) {
      const { zone } = await this.provider.describe(via);
      if (!name.endsWith(`.${zone}`)) findings.push(nameElsewhere(name, via));
    }
    return findings;
  }

  #unconfirmed({ departure }: Offer): Finding {
    const fingerprint = fingerprintOfKid(this.provider.kid);
    return {
      pointer: '/grant',
      code: 'departure-unconfirmed',
      detail: `This grant is for whoever brings it, so the operator confirms there that it was us. Our fingerprint: ${fingerprint}`,
      hint: `At the source: freehold move status ${departure.slice(0, 8)} says how to confirm it; then take it again here.`,
    };
  }
}

/** @throws PeerFailure when it is not done by then, whatever it waits for. */
function inTime<Result>(work: Promise<Result>, signal: AbortSignal, peer: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new PeerFailure('timed-out', peer, 'no complete answer in time'));
    signal.addEventListener('abort', late, { once: true });
    work.then(resolve, reject);
  });
}

const isSilence = (error: unknown): boolean => error instanceof PeerFailure && error.code === 'timed-out';

function refusalOf(error: unknown): Refused {
  if (error instanceof PeerRefused) {
    return refusedWith(error.findings.map((finding) => ({ ...finding, pointer: '/grant' })));
  }
  if (!(error instanceof PeerFailure)) throw error;
  const code = REFUSALS.get(error.code) ?? 'peer-refused';
  return refusedWith([{ pointer: '/grant', code, detail: error.message, hint: error.hint }]);
}

const REFUSALS: ReadonlyMap<PeerFailure['code'], string> = new Map([
  ['unreachable', 'peer-unreachable'],
  ['timed-out', 'peer-unreachable'],
  ['name-unknown', 'provider-name-unknown'],
  ['certificate-refused', 'provider-certificate-refused'],
  ['refused-address', 'provider-address-refused'],
]);
const grantUnsigned: Finding = {
  pointer: '/grant',
  code: 'grant-invalid',
  detail: 'This grant is not signed by the provider that it names.',
  hint: 'Copy the whole line that "freehold move grant" showed there.',
};
const grantOfAnother: Finding = {
  pointer: '/grant',
  code: 'grant-of-another',
  detail: 'This grant is for another provider.',
  hint: 'Ask at the source for a grant that names this one: "freehold move grant --to".',
};
const statementUnsigned: Finding = {
  pointer: '',
  code: 'statement-signature-wrong',
  detail: 'What the source said is not signed by it, or is about something else.',
  hint: 'Tell both providers. Nothing was taken over; it runs at the source.',
};
const placeRefused: Finding = {
  pointer: '',
  code: 'transfer-place-refused',
  detail: 'The source names a place to fetch from that is not its own, or that must not be asked from here.',
  hint: 'The source’s provider: set FREEHOLD_TRANSFER_URL to an https origin of the same host name.',
};
const nameElsewhere = (name: string, home: string): Finding => ({
  pointer: '/grant',
  code: 'name-outside-zone',
  detail: `The source says that ${name} is a name of ${home}, whose zone does not hold it.`,
  hint: 'Tell both providers: a name can only be led here by the provider whose zone it is in.',
});
