import { movable } from '@freehold/deployment-contract';
import type { Changed, Finding } from '@freehold/kernel';
import { fingerprintOfKid, grantTextOf, PeerFailure, ProviderOrigin } from '@freehold/peer';
import {
  answer,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  refusedWith,
} from '@freehold/platform';
import { abandonMove, confirmMove, grantMove } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { whyNotMovable } from '../provider/not-to-be-moved.js';
import { Provider } from '../provider/provider.js';
import { Departures, moveOf } from './departures.js';
import { givenUp } from './domain/departure.findings.js';

const HOUR_MS = 3_600_000;

/** A departure as its operator begins, confirms and abandons it. */
@Controller()
export class DepartureOperations {
  constructor(
    @Inject(Departures) private readonly departures: Departures,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Provider) private readonly provider: Provider,
  ) {}

  @Operation(grantMove)
  async grant(request: OperationRequest<typeof grantMove>) {
    const { operator } = request.params;
    const { deployment, to: wanted, hours } = request.body;
    const departure = request.newId('departure');
    const place = { operator, departure };
    const [shown, to] = await Promise.all([
      this.client.call(movable, {
        params: { operator },
        body: { deployment },
        principal: processPrincipal(operator, departure),
      }),
      wanted === undefined ? null : this.#addressee(wanted),
    ]);
    if (shown.kind !== 'done') return shown.kind === 'failed' ? shown : refusedWith([deploymentUnknown]);
    const findings = [
      ...(shown.reply.status === 'live' ? [] : [whyNotMovable(shown.reply, notLive)]),
      ...(Array.isArray(to) ? to : []),
    ];
    if (findings.length > 0 || Array.isArray(to)) return refusedWith(findings);
    const known = await this.departures.load(place);
    const expires = known?.state.grant.expires ?? new Date(Date.now() + hours * HOUR_MS).toISOString();
    const { lineage } = shown.reply;
    const result = await this.departures.execute(request, place, { type: 'grant', deployment, lineage, to, expires });
    const source = this.provider.origin;
    const grant = { source, departure, move: moveOf(place), deployments: [deployment], to, expires };
    return answer(result, ({ position, version }) => ({
      ...{ id: departure, position, version, expires },
      grant: grantTextOf(this.provider.sign('grant', grant)),
      to: to === null ? null : { provider: to.provider, fingerprint: fingerprintOfKid(to.kid) },
    }));
  }

  @Operation(confirmMove)
  async confirm(request: OperationRequest<typeof confirmMove>) {
    const found = await this.departures.load(request.params);
    if (found === null) return notFound();
    const { bound } = found.state;
    const kids = bound === null ? [] : await this.#kidsOf(bound.by);
    const matches = kids.some((kid) => compact(request.body.fingerprint) === compact(fingerprintOfKid(kid)));
    return this.#change(request, { type: 'confirm', matches });
  }

  @Operation(abandonMove)
  async abandon(request: OperationRequest<typeof abandonMove>) {
    return this.#change(request, { type: 'abandon', by: 'operator', findings: [givenUp] });
  }

  async #change(
    request: OperationRequest<typeof confirmMove | typeof abandonMove>,
    command: Parameters<Departures['execute']>[2],
  ) {
    if ((await this.departures.load(request.params)) === null) return notFound();
    const result = await this.departures.execute(request, request.params, command);
    const { departure: id } = request.params;
    return answer(result, ({ position, version }): Changed => ({ id, position, version }));
  }

  /** Of the key that it came with and, as it may show another by now, of those that follow from it. */
  async #kidsOf(by: { provider: string; kid: string }): Promise<string[]> {
    try {
      return [...(await this.provider.successors(by))];
    } catch (error) {
      if (error instanceof PeerFailure) return [by.kid];
      throw error;
    }
  }

  /** The provider that the grant is bound to, by the key that it shows now. */
  async #addressee(text: string): Promise<{ provider: string; kid: string } | Finding[]> {
    const provider = URL.canParse(text) ? new URL(text).origin : text;
    if (!ProviderOrigin.safeParse(provider).success) return [providerUnknown(text)];
    try {
      const [key] = (await this.provider.describe(provider)).keys;
      return key === undefined ? [providerUnknown(provider)] : { provider, kid: key.kid };
    } catch (error) {
      if (!(error instanceof PeerFailure)) throw error;
      return [NOT_ASKED.get(error.code)?.(error) ?? providerUnknown(provider)];
    }
  }
}

const compact = (fingerprint: string): string => fingerprint.toLowerCase().replaceAll(/[\s:-]/g, '');

const deploymentUnknown: Finding = {
  pointer: '/deployment',
  code: 'deployment-unknown',
  detail: 'There is no such deployment here.',
  hint: 'See what you have with "freehold list".',
};
const notLive: Finding = {
  pointer: '/deployment',
  code: 'deployment-not-live',
  detail: 'Only what is live can be moved.',
  hint: 'See its state with "freehold show"; resume it if it is suspended. What has left is granted where it is live now.',
};
const providerUnknown = (provider: string): Finding => ({
  pointer: '/to',
  code: 'provider-unknown',
  detail: `${provider.slice(0, 200)} is no provider that runs Freehold, or not one that may be asked from here.`,
  hint: 'Give its origin, such as https://cloud.example: what its panel and its command line show.',
});
const notAsked =
  (code: string) =>
  ({ message: detail, hint }: PeerFailure): Finding => ({ pointer: '/to', code, detail, hint });
/** Why a provider could not be asked, as far as somebody can do something about it. */
const NOT_ASKED: ReadonlyMap<PeerFailure['code'], (failure: PeerFailure) => Finding> = new Map([
  ['unreachable', notAsked('provider-unreachable')],
  ['timed-out', notAsked('provider-unreachable')],
  ['name-unknown', notAsked('provider-name-unknown')],
  ['certificate-refused', notAsked('provider-certificate-refused')],
  ['refused-address', notAsked('provider-address-refused')],
]);
