import { Enciphered, event, eventCatalogue, type EventsOf, Finding, Id } from '@freehold/kernel';
import { z } from 'zod';
import { Amounts } from '../amounts.js';

/**
 * `running`: units up; `stopped`: made, units down; `absent`: nothing of it is left; `closed`: units up in a network of
 * their own, which nothing outside reaches and which reaches nothing outside, without names.
 */
export const Want = z.enum(['running', 'stopped', 'absent', 'closed']);
export type Want = z.infer<typeof Want>;

/** Where the names of a stopped environment lead: HTTP is handed on to this address, as it was asked. */
export const Forward = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(1).max(65_535),
});
export type Forward = z.infer<typeof Forward>;

/**
 * What the agent needs to render an application's files. Personal values are enciphered under the operator's key;
 * `secrets` are names only, the values lie in the vault under the deployment.
 */
export const EnvironmentConfiguration = z.object({
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  settings: z.record(z.string(), z.json()),
  secretSettings: z.array(z.string()),
  secrets: z.array(z.string()),
  names: z.array(z.object({ purpose: z.string(), name: Enciphered })),
});
export type EnvironmentConfiguration = z.infer<typeof EnvironmentConfiguration>;

/** A deployment asked for an environment and got a place for it. */
export const environmentRequested = event(
  'provisioning.environment-requested.v1',
  z.object({ deployment: Id, host: z.string(), amounts: Amounts }),
);
/**
 * What must hold from now on. `revision` is the deployment's version that this follows from: an older one is passed over;
 * of the same one, that of a lower `turn` (missing: 0).
 * `epoch` is the tenure's; the agent refuses one lower than it has seen. `forward` counts while `want` is `stopped`;
 * missing is null.
 */
export const environmentDesired = event(
  'provisioning.environment-desired.v1',
  z.object({
    generation: z.int().positive(),
    revision: z.int().nonnegative(),
    turn: z.int().nonnegative().optional(),
    epoch: z.int().nonnegative(),
    want: Want,
    configuration: EnvironmentConfiguration.nullable(),
    forward: Forward.nullable().optional(),
  }),
);
/**
 * The agent says that the desired state of this generation holds. `identity` is what the probe saw, enciphered. `served`, with
 * `stopped`: its names led to it at some time, so that somebody may have written to it.
 */
export const environmentObserved = event(
  'provisioning.environment-observed.v1',
  z.object({
    generation: z.int().positive(),
    state: Want,
    identity: z.json().nullable(),
    served: z.boolean().optional(),
  }),
);
/** The agent gives this generation up, with the reasons. */
export const environmentFailed = event(
  'provisioning.environment-failed.v1',
  z.object({ generation: z.int().positive(), findings: z.array(Finding) }),
);
/** Something had departed from what is desired, and was put right. */
export const driftRepaired = event(
  'provisioning.drift-repaired.v1',
  z.object({
    generation: z.int().positive(),
    unit: z.string(),
    what: z.enum(['started-again', 'stopped-again', 'configured-again']),
  }),
);

export const environmentEvents = [
  environmentRequested,
  environmentDesired,
  environmentObserved,
  environmentFailed,
  driftRepaired,
] as const;
export type EnvironmentEvent = EventsOf<typeof environmentEvents>;
export const environmentCatalogue = eventCatalogue({
  context: 'provisioning',
  aggregate: 'environment',
  events: environmentEvents,
});
