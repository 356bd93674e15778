import type { Finding } from '@freehold/kernel';
import { openStatement, PeerFailure } from '@freehold/peer';
import {
  commandMeta,
  done,
  failed,
  notFound,
  Operation,
  type OperationRequest,
  type Outcome,
  refusedWith,
} from '@freehold/platform';
import {
  abandonDeparture,
  askSeal,
  askTenure,
  type DepartureStanding,
  departureStanding,
  inspectDeparture,
  returnTenure,
  tellOpened,
  tellProgress,
} from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Provider } from '../provider/provider.js';
import { DepartProcesses } from './depart-processes.js';
import { Departures, placeOfMove } from './departures.js';
import type { DepartureCommand, Peer } from './domain/departure.commands.js';
import type { Known } from './domain/departure.js';
import { standingOf } from './domain/standing.js';
import { Offers } from './offers.js';

/** How long an answer is held for what is about to happen. A request that takes longer looks like one that is lost. */
const HELD_MS = 1_000;

type OfMove = OperationRequest & { params: { move: string } };

/** What another provider, which holds a grant, asks of this one. Who holds none finds nothing. */
@Controller()
export class DeparturePeerOperations {
  constructor(
    @Inject(Departures) private readonly departures: Departures,
    @Inject(DepartProcesses) private readonly processes: DepartProcesses,
    @Inject(Provider) private readonly provider: Provider,
    @Inject(Offers) private readonly offers: Offers,
  ) {}

  @Operation(inspectDeparture)
  async inspect(request: OperationRequest<typeof inspectDeparture>) {
    const grant = await this.#open(request.body.grant);
    if (Array.isArray(grant)) return refusedWith(grant);
    const place = placeOfMove(grant.move);
    const asked = { provider: request.principal.actor.id, kid: request.principal.kid ?? '' };
    const departure = place === null ? null : await this.departures.load(place);
    const bringer = await this.#bringer(asked, departure?.state ?? null);
    if (bringer === null) return failed('unavailable', 'Your description cannot be read at the moment.');
    if (place === null || departure === null) return refusedWith([grantInvalid]);
    const { by, recipient } = bringer;
    const nonce = randomBytes(16).toString('base64url');
    const at = new Date().toISOString();
    const bound = await this.departures.execute(request, place, { type: 'bind', by, recipient, nonce, at });
    if (bound.kind === 'refused') return refusedWith(bound.findings);
    const found = await this.departures.load(place);
    if (found === null) return notFound();
    return this.offers.of({ ...place, state: found.state }, at);
  }

  /** Whoever asks while something is under way waits for it, and is told within the same answer. */
  @Operation(departureStanding)
  async standing(request: OperationRequest<typeof departureStanding>) {
    const asked = await this.departures.loadFor(request.params.move, request);
    if (asked === null) return notFound();
    await this.departures.settled(asked, HELD_MS);
    const found = await this.departures.loadFor(request.params.move, request);
    return found === null ? notFound() : done(standingOf(found.state));
  }

  @Operation(askSeal)
  async seal(request: OperationRequest<typeof askSeal>) {
    const answered = await this.#decide(request, {
      ...{ type: 'ask-seal', at: new Date().toISOString() },
      captureMs: this.provider.sealMs,
    });
    const found = await this.departures.loadFor(request.params.move, request);
    if (answered.kind !== 'done' || found === null || found.state.status !== 'sealing') return answered;
    const begun = await this.processes.begin(found, answered.position ?? '1:0', commandMeta(request));
    return begun ?? answered;
  }

  @Operation(tellProgress)
  async progress(request: OperationRequest<typeof tellProgress>) {
    const extensionMs = this.provider.sealMs;
    return this.#decide(request, { type: 'extend', of: 'sealed', at: new Date().toISOString(), extensionMs });
  }

  @Operation(askTenure)
  async tenure(request: OperationRequest<typeof askTenure>) {
    const refusal = this.provider.refusalOfPlace(request.body);
    if (refusal !== null) return refusedWith([refusal]);
    return this.#decide(request, { type: 'ask-tenure', at: new Date().toISOString(), ...request.body });
  }

  @Operation(abandonDeparture)
  async abandon(request: OperationRequest<typeof abandonDeparture>) {
    return this.#decide(request, { type: 'abandon', by: 'target', findings: [] });
  }

  @Operation(tellOpened)
  async opened(request: OperationRequest<typeof tellOpened>) {
    return this.#decide(request, { type: 'record-opened' });
  }

  @Operation(returnTenure)
  async takeReturn(request: OperationRequest<typeof returnTenure>) {
    const given = request.body.return;
    const found = await this.departures.loadFor(request.params.move, request);
    if (found === null || found.state.bound === null) return notFound();
    const key = await this.provider.keyOfKnown(found.state.bound.by, given.kid);
    const payload = key === null ? [returnUnsigned] : openStatement('return', given, key);
    if (Array.isArray(payload)) return refusedWith(payload);
    return this.#decide(request, { type: 'return', return: given });
  }

  async #decide(request: OfMove, command: DepartureCommand): Promise<Outcome<DepartureStanding>> {
    const found = await this.departures.loadFor(request.params.move, request);
    if (found === null) return notFound();
    const result = await this.departures.execute(request, found, command);
    if (result.kind === 'refused') return refusedWith(result.findings);
    const now = await this.departures.loadFor(request.params.move, request);
    if (now === null) return notFound();
    const position = result.kind === 'committed' ? result.stored.position : null;
    return done(standingOf(now.state), { position });
  }

  async #open(grant: ReplyOfGrant) {
    const own = await this.provider.keyOf(this.provider.origin, grant.kid);
    const payload = own === null ? [grantInvalid] : openStatement('grant', grant, own);
    if (Array.isArray(payload)) return [grantInvalid, ...payload];
    return payload.source === this.provider.origin ? payload : [grantInvalid];
  }

  /**
   * Who brings the grant, by the key by which it is known here already, if the one that signed follows from that; and what
   * secrets for it are enciphered to. Null: its description cannot be read.
   */
  async #bringer(asked: Peer, departure: Known | null): Promise<{ by: Peer; recipient: string } | null> {
    const known = departure?.bound?.by ?? departure?.grant.to ?? null;
    try {
      const { recipient } = await this.provider.describe(asked.provider);
      const isKnown = known?.provider === asked.provider && (await this.provider.follows(known, asked.kid));
      return { by: isKnown ? known : asked, recipient };
    } catch (error) {
      if (error instanceof PeerFailure) return null;
      throw error;
    }
  }
}

type ReplyOfGrant = OperationRequest<typeof inspectDeparture>['body']['grant'];

const grantInvalid: Finding = {
  pointer: '/grant',
  code: 'grant-invalid',
  detail: 'This is no grant of this provider.',
  hint: 'Copy the whole line that "freehold move grant" showed.',
};
const returnUnsigned: Finding = {
  pointer: '/return',
  code: 'return-invalid',
  detail: 'It is not signed with a key of your description.',
  hint: 'Sign it with the key that the description lists.',
};
