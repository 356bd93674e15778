import {
  CONFIGURATION,
  CurrentSigningKey,
  done,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  refusedWith,
  signTransferToken,
} from '@freehold/platform';
import { movable } from '@freehold/deployment-contract';
import { openTransfer } from '@freehold/portability-contract';
import { hostAddress } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import type { PortabilityConfig } from '../portability.config.js';
import { transferUrl } from '../provider/transfer-url.js';
import { Departures } from './departures.js';
import { departureAbandoned, departureEnded, hostSilent, unconfirmed } from './domain/departure.findings.js';

const TOKEN_MS = 10 * 60_000;
const LIVE: readonly string[] = ['bound', 'sealing'];
const GIVEN_UP: readonly string[] = ['abandoned', 'reopening', 'reopened'];
const SEALED: readonly string[] = ['sealed', 'leaving'];

/** Where the state is fetched from: the agent's own listener, which believes a token of this service. */
@Controller()
export class TransferAccessOperations {
  readonly #signing: CurrentSigningKey;

  constructor(
    @Inject(Departures) private readonly departures: Departures,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(CONFIGURATION) private readonly config: PortabilityConfig,
  ) {
    this.#signing = new CurrentSigningKey(config, 'portability');
  }

  @Operation(openTransfer)
  async open(request: OperationRequest<typeof openTransfer>) {
    const found = await this.departures.loadFor(request.params.move, request);
    if (found === null) return notFound();
    const { state, operator, departure: move } = found;
    if (!state.confirmed) return refusedWith([unconfirmed]);
    const isLive = LIVE.includes(state.status);
    if (GIVEN_UP.includes(state.status)) return refusedWith([departureAbandoned]);
    if (!isLive && !SEALED.includes(state.status)) return refusedWith([departureEnded]);
    const call = { params: { operator }, principal: processPrincipal(operator, move) };
    const shown = await this.client.call(movable, { ...call, body: { deployment: state.grant.deployment } });
    if (shown.kind !== 'done') return shown;
    const { host, environment, deployment } = shown.reply;
    const place = await this.client.call(hostAddress, { ...call, body: { host: host ?? '' } });
    if (place.kind !== 'done') return place;
    const { address, transferPort } = place.reply;
    if (transferPort === null) return refusedWith([hostSilent]);
    const expires = new Date(Date.now() + TOKEN_MS);
    const scope = { move, environment, deployment, kind: isLive ? 'live' : 'sealed' } as const;
    const token = await signTransferToken(this.#signing.key, { ...scope, expires });
    const url = transferUrl(this.config, { address, port: transferPort }, move);
    return done({ url, token, expires: expires.toISOString() });
  }
}
