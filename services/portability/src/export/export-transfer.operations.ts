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
import { openExport } from '@freehold/portability-contract';
import { hostAddress } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import { hostSilent } from '../departure/domain/departure.findings.js';
import type { PortabilityConfig } from '../portability.config.js';
import { transferUrl } from '../provider/transfer-url.js';
import { exportEnded, exportNotReady } from './domain/export.findings.js';
import { Exports } from './exports.js';

const TOKEN_MS = 10 * 60_000;

/** Where a bag is fetched by its operator: the agent's own listener, which believes a token of this service. */
@Controller()
export class ExportTransferOperations {
  readonly #signing: CurrentSigningKey;

  constructor(
    @Inject(Exports) private readonly exports: Exports,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(CONFIGURATION) private readonly config: PortabilityConfig,
  ) {
    this.#signing = new CurrentSigningKey(config, 'portability');
  }

  @Operation(openExport)
  async open(request: OperationRequest<typeof openExport>) {
    const { operator, export: move } = request.params;
    const known = await this.exports.load(request.params);
    if (known === null) return notFound();
    if (known.status === 'requested') return refusedWith([exportNotReady]);
    const now = Date.now();
    if (known.status !== 'ready' || now >= Date.parse(known.ready.until)) return refusedWith([exportEnded]);
    const { host, environment, deployment } = known.requested;
    const principal = processPrincipal(operator, move);
    const place = await this.client.call(hostAddress, { params: { operator }, body: { host }, principal });
    if (place.kind !== 'done') return place;
    const { address, transferPort } = place.reply;
    if (transferPort === null) return refusedWith([hostSilent]);
    const expires = new Date(Math.min(now + TOKEN_MS, Date.parse(known.ready.until)));
    const token = await signTransferToken(this.#signing.key, {
      move,
      environment,
      deployment,
      kind: 'export',
      expires,
    });
    const url = transferUrl(this.config, { address, port: transferPort }, move);
    return done({ url, token, expires: expires.toISOString() });
  }
}
