/**
 * The border of an arrival: the source is asked what there is, and everything that speaks against taking it is found
 * before anything happens here. As with an order, what others decide is asked of them, all at once; who does not answer
 * makes it unavailable.
 *
 * On a crash: the source has bound the grant to this provider, which the same grant finds again.
 */
import { reservePlace, resolveSubscription } from '@freehold/accounts-contract';
import { type ApplicationPackage, hookNames, mapResources, type PackageStore } from '@freehold/application-package';
import { resolveOffering } from '@freehold/catalog-contract';
import type { BodyOf, Finding, ReplyOf } from '@freehold/kernel';
import { nameId } from '@freehold/log';
import {
  done,
  type Done,
  type Failed,
  failed,
  type OperationClient,
  processPrincipal,
  type Refused,
  refusedWith,
} from '@freehold/platform';
import type { Offer, takeMove } from '@freehold/portability-contract';
import {
  claimNames,
  hostAddress,
  type HostCapabilities,
  reclaimNames,
  reserveCapacity,
} from '@freehold/provisioning-contract';
import { placeOf, type Vault } from '@freehold/vault';
import { z } from 'zod';
import type { ArriveInput } from '../../processes/domain/arrive.process.js';
import { abroad, atHome } from '../../processes/domain/arrive-names.js';
import type { Accepted } from '../domain/arrival.js';
import type { Source } from '../source.js';
import { subscriptionMissing } from '../domain/arrival.findings.js';
import { offeredNamesFindings } from '../domain/offered-names.findings.js';
import { placeFindings } from '../domain/place.findings.js';

export interface Taking {
  operator: string;
  ids: { arrival: string; process: string; deployment: string; environment: string };
  body: BodyOf<typeof takeMove>;
}
export type Judged = { kind: 'accepted'; input: ArriveInput; accepted: Accepted } | Refused | Failed;
type Asked = Done<unknown> | Refused | Failed;
interface Offered extends ReplyOf<typeof resolveOffering> {
  plan: string;
  package: ApplicationPackage;
}

interface Parts {
  client: OperationClient;
  vault: Vault;
  packages: PackageStore;
  source: Source;
  /** Ours. */
  origin: string;
}

export class ArrivalBorder {
  constructor(private readonly parts: Parts) {}

  async judge(taking: Taking): Promise<Judged> {
    const { operator, ids, body } = taking;
    const shown = await this.parts.source.inspect(body.grant, ids.arrival);
    if (shown.kind !== 'done') return shown;
    const { offer, from } = shown.reply;
    const offered = await this.#offered(taking, offer);
    if (offered.kind === 'failed') return offered;
    const key = await this.parts.vault.ensureKey(operator);
    const names = await this.#names(operator, key, offer);
    const ours = offered.kind === 'done' ? offered.reply : null;
    const [host, ...asked] = await Promise.all([this.#host(taking, ours), ...this.#checks(taking, names, ours)]);
    const silent = [host, ...asked].find((each) => each.kind === 'failed');
    if (silent !== undefined) return failed('unavailable', silent.detail);
    const can = host.kind === 'done' ? host.reply : null;
    const findings = [offered, ...asked].flatMap((each) => (each.kind === 'refused' ? each.findings : []));
    if (ours !== null) findings.push(...offeredNamesFindings(offer.names, ours.package.description.resources.names));
    if (ours !== null && can !== null) findings.push(...placeFindings(offer, placeOn(can, ours)));
    if (findings.length > 0 || ours === null) return refusedWith(inGrant(findings));
    const { deployment, environment } = ids;
    const { application, version, lineage, epoch } = offer;
    const known = { deployment, environment, lineage, application, version };
    const { digest, plan, rule } = ours;
    return {
      kind: 'accepted',
      accepted: {
        ...known,
        ...{ source: from, departure: offer.departure, move: shown.reply.move, nonce: offer.nonce },
        ...{ epoch, identity: await this.#identity(operator, key, offer) },
      },
      input: {
        ...{ arrival: ids.arrival, ...known, digest, plan, rule, amounts: amountsOf(ours) },
        names,
        epoch: epoch + 1,
        closes: can?.closing ?? false,
      },
    };
  }

  #checks({ operator, ids }: Taking, names: Names, offer: Offered | null): Promise<Asked>[] {
    const { client } = this.parts;
    const common = { params: { operator }, principal: processPrincipal(operator, ids.process) };
    const { deployment, environment } = ids;
    const claimed = abroad(names).map(({ id, purpose, name, via }) => ({ name: id, purpose, enciphered: name, via }));
    const own = atHome(names).map(({ id }) => id);
    const checks: Promise<Asked>[] = [client.check(reservePlace, { ...common, body: { deployment } })];
    if (claimed.length > 0) checks.push(client.check(claimNames, { ...common, body: { deployment, names: claimed } }));
    if (own.length > 0) checks.push(client.check(reclaimNames, { ...common, body: { deployment, names: own } }));
    if (offer !== null) {
      const body = { environment, rule: offer.rule, amounts: amountsOf(offer) };
      checks.push(client.check(reserveCapacity, { ...common, body }));
    }
    return checks;
  }

  /** What the host can do on which it would be placed; null: nothing is known, and who places it says why. */
  async #host({ operator, ids }: Taking, offer: Offered | null): Promise<Done<HostCapabilities | null> | Failed> {
    if (offer === null) return done(null);
    const principal = processPrincipal(operator, ids.process);
    const asked = { params: { operator }, body: { host: offer.rule.host }, principal };
    const found = await this.parts.client.call(hostAddress, asked);
    return found.kind === 'refused' ? done(null) : found;
  }

  /** The same application and version as at the source; the plan is the subscription's unless given. */
  async #offered({ operator, ids, body }: Taking, offer: Offer): Promise<Done<Offered> | Refused | Failed> {
    const { client, packages } = this.parts;
    const principal = processPrincipal(operator, ids.process);
    let { plan } = body;
    if (plan === undefined) {
      const agreed = await client.call(resolveSubscription, { params: { operator }, body: {}, principal });
      if (agreed.kind === 'failed') return agreed;
      if (agreed.kind === 'refused') return refusedWith([subscriptionMissing]);
      ({ plan } = agreed.reply);
    }
    const asked = { application: offer.application, version: offer.version, plan };
    const found = await client.call(resolveOffering, { params: {}, body: asked, principal });
    if (found.kind !== 'done') return found;
    const known = await packages.get(found.reply.digest);
    if (known === null) return failed('unavailable', 'The package of this release is not in the store at the moment.');
    return { ...found, reply: { ...found.reply, plan, package: known } };
  }

  /** The names come along. One of another provider's zone stays in that zone and is led here; one of ours comes home. */
  async #names(operator: string, key: string, { names }: Offer): Promise<Names> {
    const { vault, origin } = this.parts;
    const ofNames = await vault.cellKey('name');
    return Promise.all(
      names.map(async ({ purpose, name, via }) => ({
        ...{ purpose, id: idOfName(ofNames, name) },
        name: await vault.encipher(key, placeOf(operator, 'deployment.name'), name),
        via: via === origin ? null : via,
      })),
    );
  }

  async #identity(operator: string, key: string, { identity }: Offer): Promise<Accepted['identity']> {
    if (identity === null) return null;
    return z.json().parse(await this.parts.vault.encipher(key, placeOf(operator, 'arrival.identity'), identity));
  }
}

type Names = ArriveInput['names'];

/** What is no name has no id: this one belongs to none, and provisioning refuses the name before it looks at it. */
const NO_NAME = 'a'.repeat(52);

function idOfName(key: Uint8Array, name: string): string {
  try {
    return nameId(key, name);
  } catch (error) {
    if (error instanceof RangeError) return NO_NAME;
    throw error;
  }
}

const placeOn = ({ programs, closing }: HostCapabilities, offer: Offered) => ({
  ...{ programs, closing },
  diskBytes: amountsOf(offer).diskBytes,
  hasAfterRestore: hookNames(offer.package).includes('after-restore'),
});

const amountsOf = ({ package: app, size }: Offered) => {
  const { memoryBytes, cpuMillis, diskBytes } = mapResources(app, { plan: size, settings: {} });
  return { memoryBytes, cpuMillis, diskBytes };
};

/** The caller sent a grant; whatever is wrong with what it leads to is found there. */
const inGrant = (findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, pointer: '/grant' }));
