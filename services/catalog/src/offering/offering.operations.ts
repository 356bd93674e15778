import {
  definePlan,
  offerings,
  openOffering,
  resolveOffering,
  resolvePlan,
  setPolicy,
} from '@freehold/catalog-contract';
import { CELL, type Changed, type Finding } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  done,
  Operation,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
} from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import {
  applicationAggregate,
  applicationName,
  offeringAggregate,
  offeringName,
  planAggregate,
  planName,
  policyAggregate,
  policyName,
} from '../aggregates.js';
import { releaseToOrder, releaseUnknown } from '../application/domain/application.js';
import { applicationUnknown, offeringUnknown, planUnknown, policyUnknown } from './offering.findings.js';
import { offeringResource } from './views/offering.view.js';

/** What the provider sells: plans, policies, offerings, and what an order of one means. */
@Controller()
export class OfferingOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(definePlan)
  async definePlan(request: OperationRequest<typeof definePlan>) {
    const name = planName(request.params.plan);
    const command = { type: 'define', name: request.params.plan, size: request.body.size } as const;
    const result = await this.aggregates.execute({
      definition: planAggregate,
      name,
      command,
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }): Changed => ({ id: name.id, position, version }));
  }

  @Operation(setPolicy)
  async setPolicy(request: OperationRequest<typeof setPolicy>) {
    const name = policyName(request.params.policy);
    const command = { type: 'set', name: request.params.policy, rule: request.body.rule } as const;
    const result = await this.aggregates.execute({
      definition: policyAggregate,
      name,
      command,
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }): Changed => ({ id: name.id, position, version }));
  }

  @Operation(openOffering)
  async open(request: OperationRequest<typeof openOffering>) {
    const { application, plan } = request.params;
    const { policy, price } = request.body;
    const { knownApplication, knownPlan } = await this.#load(application, plan);
    const knownPolicy = await this.aggregates.load(policyAggregate, policyName(policy), { confirmed: true });
    const findings: Finding[] = [
      ...(knownApplication.releases.size === 0 ? [applicationUnknown(application)] : []),
      ...(knownPlan.status === 'undefined' ? [planUnknown(plan)] : []),
      ...(knownPolicy.state.status === 'none' ? [policyUnknown(policy)] : []),
    ];
    if (findings.length > 0) return refusedWith(findings);
    const name = offeringName(application, plan);
    const command = { type: 'open', terms: { application, plan, policy, price } } as const;
    const result = await this.aggregates.execute({
      definition: offeringAggregate,
      name,
      command,
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }): Changed => ({ id: name.id, position, version }));
  }

  /** From aggregates only: orders go on without read models. */
  @Operation(resolveOffering)
  async resolve(request: OperationRequest<typeof resolveOffering>) {
    const { application, plan, version } = request.body;
    const { knownApplication, knownPlan } = await this.#load(application, plan);
    if (knownApplication.releases.size === 0) return refusedWith([applicationUnknown(application)]);
    const { state: offering } = await this.aggregates.load(offeringAggregate, offeringName(application, plan), {
      confirmed: true,
    });
    const ordered = releaseToOrder(knownApplication, version);
    const findings: Finding[] = [
      ...(ordered === undefined ? [releaseUnknown(version ?? 'that is published')] : []),
      ...(knownPlan.status === 'undefined' ? [planUnknown(plan)] : []),
      ...(knownPlan.status === 'defined' && offering.status !== 'open' ? [offeringUnknown(application, plan)] : []),
    ];
    if (ordered === undefined || knownPlan.status !== 'defined' || offering.status !== 'open')
      return refusedWith(findings);
    const { state: policy } = await this.aggregates.load(policyAggregate, policyName(offering.terms.policy), {
      confirmed: true,
    });
    if (policy.status === 'none') return refusedWith([policyUnknown(offering.terms.policy)]);
    const [chosen, { digest }] = ordered;
    return done({ version: chosen, digest, size: knownPlan.size, rule: policy.rule });
  }

  @Operation(resolvePlan)
  async resolvePlan(request: OperationRequest<typeof resolvePlan>) {
    const { state } = await this.aggregates.load(planAggregate, planName(request.body.plan), { confirmed: true });
    return state.status === 'defined' ? done({ size: state.size }) : refusedWith([planUnknown(request.body.plan)]);
  }

  @Operation(offerings.get)
  async show(request: OperationRequest<typeof offerings.get>) {
    return this.resources.get(offeringResource, offeringById(request.params.offering), request);
  }

  @Operation(offerings.list)
  async list(request: OperationRequest<typeof offerings.list>) {
    return this.resources.list(offeringResource, { operator: null, ...request.body }, request);
  }

  @Operation(offerings.history)
  async history(request: OperationRequest<typeof offerings.history>) {
    return this.resources.history(offeringById(request.params.offering), request.body);
  }

  @Operation(offerings.changes)
  async changes(request: OperationRequest<typeof offerings.changes>) {
    return this.resources.changes(offeringResource, offeringById(request.params.offering), request.body);
  }

  async #load(application: string, plan: string) {
    const [{ state: knownApplication }, { state: knownPlan }] = await Promise.all([
      this.aggregates.load(applicationAggregate, applicationName(application), { confirmed: true }),
      this.aggregates.load(planAggregate, planName(plan), { confirmed: true }),
    ]);
    return { knownApplication, knownPlan };
  }
}

const offeringById = (id: string) => ({ context: 'catalog', operator: CELL, aggregate: 'offering', id }) as const;
