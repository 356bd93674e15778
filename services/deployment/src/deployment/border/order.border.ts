/**
 * The border of an order: everything that speaks against it is found before anything happens. What is asked of others is
 * asked at once, of who will decide it later (`.check`); who does not answer makes the order unavailable (503), never
 * accepted. Personal data are enciphered here and secrets put into the vault, before anything is decided.
 *
 * On a crash: the ids follow from the command, so the same order again asks the same; secrets that were put stay unused
 * under a deployment that never came to be.
 */
import { reservePlace, resolveSubscription } from '@freehold/accounts-contract';
import {
  type ApplicationPackage,
  mapResources,
  missingPrograms,
  neededPrograms,
  type PackageStore,
  validateSettings,
} from '@freehold/application-package';
import { resolveOffering } from '@freehold/catalog-contract';
import type { orderDeployment } from '@freehold/deployment-contract';
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
import { claimNames, hostAddress, reserveCapacity } from '@freehold/provisioning-contract';
import { placeOf, type Vault } from '@freehold/vault';
import type { OrderInput } from '../../processes/domain/order-deployment.process.js';
import { subscriptionMissing } from '../domain/deployment.findings.js';
import { joined } from '../domain/joined-findings.js';
import { belowSettings, secretSettingsOf } from '../domain/setting-patch.js';
import { namesFindings, orderedNames } from '../domain/ordered-names.js';
import { SettingProtection } from './setting-protection.js';

export interface Order {
  operator: string;
  ids: { process: string; deployment: string; environment: string; lineage: string };
  body: BodyOf<typeof orderDeployment>;
}
export type Judged = { kind: 'accepted'; input: OrderInput } | Refused | Failed;

type Names = OrderInput['names'];
interface Offered extends ReplyOf<typeof resolveOffering> {
  plan: string;
  package: ApplicationPackage;
}
type Asked = Done<unknown> | Refused | Failed;

export class OrderBorder {
  readonly #protection: SettingProtection;

  constructor(private readonly parts: { client: OperationClient; vault: Vault; packages: PackageStore }) {
    this.#protection = new SettingProtection(parts.vault);
  }

  async judge(order: Order): Promise<Judged> {
    const offered = await this.#offered(order);
    if (offered.kind === 'failed') return offered;
    const offer = offered.kind === 'done' ? offered.reply : null;
    const names = await this.#enciphered(order, offer);
    const asked = await Promise.all(this.#checks(order, names, offer));
    const silent = asked.find((each) => each.kind === 'failed');
    if (silent !== undefined) return failed('unavailable', silent.detail);
    const findings = joined([
      ...findingsIn(offered),
      ...namesFindings(order.body, wantedNames(offer)),
      ...(offer === null ? [] : belowSettings(validateSettings(offer.package, order.body.settings, { mode: 'order' }))),
      ...asked.flatMap(findingsIn),
    ]);
    if (findings.length > 0 || offer === null) return refusedWith(findings);
    return { kind: 'accepted', input: await this.#input(order, names, offer) };
  }

  #checks({ operator, ids, body }: Order, names: Names, offer: Offered | null): Promise<Asked>[] {
    const { client } = this.parts;
    const common = { params: { operator }, principal: processPrincipal(operator, ids.process) };
    const { deployment, environment } = ids;
    const claim = {
      deployment,
      names: names.map(({ id, purpose, name }) => ({ name: id, purpose, enciphered: name })),
    };
    const checks: Promise<Asked>[] = [
      client.check(reservePlace, { ...common, body: { deployment } }),
      client.check(claimNames, { ...common, body: claim }),
    ];
    if (offer !== null) {
      const { rule } = offer;
      const amounts = amountsOf(offer, body);
      checks.push(client.check(reserveCapacity, { ...common, body: { environment, rule, amounts } }));
      checks.push(this.#hostHas({ operator, ids, body }, offer));
    }
    return checks;
  }

  /** Whether the host has the programs that it needs with these settings; of a host that never joined others say so. */
  async #hostHas({ operator, ids, body }: Order, offer: Offered): Promise<Asked> {
    const { package: app, rule } = offer;
    if (neededPrograms(app, body.settings).length === 0) return done({});
    const principal = processPrincipal(operator, ids.process);
    const asked = { params: { operator }, body: { host: rule.host }, principal };
    const found = await this.parts.client.call(hostAddress, asked);
    if (found.kind !== 'done') return found.kind === 'failed' ? found : done({});
    const findings = missingPrograms(app, body.settings, found.reply.programs);
    return findings.length === 0 ? done({}) : refusedWith(belowSettings(findings));
  }

  /** What the order means: the plan (the subscription's unless given), the offering, the package. */
  async #offered({ operator, ids, body }: Order): Promise<Done<Offered> | Refused | Failed> {
    const { client, packages } = this.parts;
    const principal = processPrincipal(operator, ids.process);
    let { plan } = body;
    if (plan === undefined) {
      const agreed = await client.call(resolveSubscription, { params: { operator }, body: {}, principal });
      if (agreed.kind === 'failed') return agreed;
      if (agreed.kind === 'refused') return refusedWith([subscriptionMissing]);
      ({ plan } = agreed.reply);
    }
    const { application, version } = body;
    const asked = { application, plan, ...(version === undefined ? {} : { version }) };
    const found = await client.call(resolveOffering, { params: {}, body: asked, principal });
    if (found.kind !== 'done') return found;
    const known = await packages.get(found.reply.digest);
    if (known === null) return failed('unavailable', 'The package of this release is not in the store at the moment.');
    return { ...found, reply: { ...found.reply, plan, package: known } };
  }

  async #enciphered({ operator, body }: Order, offer: Offered | null): Promise<Names> {
    const { vault } = this.parts;
    const key = await vault.ensureKey(operator);
    const ofNames = await vault.cellKey('name');
    return Promise.all(
      orderedNames(body, wantedNames(offer)).map(async ({ purpose, name }) => ({
        ...{ purpose, id: idOfName(ofNames, name) },
        name: await vault.encipher(key, placeOf(operator, 'deployment.name'), name),
      })),
    );
  }

  async #input({ operator, ids, body }: Order, names: Names, offer: Offered): Promise<OrderInput> {
    const { deployment, lineage, environment } = ids;
    const settings = await this.#protection.protect(offer.package, { operator, deployment }, body.settings);
    return {
      ...{ deployment, lineage, environment },
      application: body.application,
      version: offer.version,
      digest: offer.digest,
      plan: offer.plan,
      rule: offer.rule,
      amounts: amountsOf(offer, body),
      names,
      settings,
      secretSettings: secretSettingsOf(settings),
    };
  }
}

const wantedNames = (offer: Offered | null) => offer?.package.description.resources.names ?? null;

const findingsIn = (asked: Asked): readonly Finding[] => (asked.kind === 'refused' ? asked.findings : []);

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

const amountsOf = ({ package: app, size }: Offered, { settings }: Order['body']) => {
  const { memoryBytes, cpuMillis, diskBytes } = mapResources(app, { plan: size, settings });
  return { memoryBytes, cpuMillis, diskBytes };
};
