import type { ApplicationPackage, JsonObject } from './application-package.js';

export type PlanSize = 'small' | 'medium' | 'large';
export const PLAN_SIZES: readonly PlanSize[] = ['small', 'medium', 'large'];

/** What a deployment asks its provider for. */
export interface ResourceRequests {
  readonly memoryBytes: number;
  /** Thousandths of a processor. */
  readonly cpuMillis: number;
  readonly diskBytes: number;
  readonly names: readonly { readonly purpose: string; readonly identityBound: boolean }[];
  readonly mail: 'none' | 'relay' | 'mailboxes';
  readonly bucket: boolean;
}

const MEBIBYTE = 1024 * 1024;

/** The resource mapping: configuration → requests. The settings are part of the configuration; no table asks for them yet. */
export function mapResources(
  app: Pick<ApplicationPackage, 'description'>,
  configuration: { readonly plan: PlanSize; readonly settings: JsonObject },
): ResourceRequests {
  const { resources, mail } = app.description;
  const plan = resources.plans[configuration.plan];
  return {
    memoryBytes: plan.memoryMebibytes * MEBIBYTE,
    cpuMillis: plan.cpuMillis,
    diskBytes: plan.diskMebibytes * MEBIBYTE,
    names: resources.names.map(({ purpose, identityBound }) => ({ purpose, identityBound })),
    mail: mail.needs,
    bucket: resources.bucket,
  };
}
