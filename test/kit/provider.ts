import type { ReplyOf } from '@freehold/kernel';
import { followMove, grantMove, takeMove } from '@freehold/portability-contract';
import {
  type Installation,
  type InstallationOptions,
  type Operator,
  type Process,
  startInstallation,
} from './installation.js';

/** A provider, and the operator's account there. */
export interface Provider {
  readonly installation: Installation;
  readonly by: Operator;
}

export interface ProviderOptions extends InstallationOptions {
  /** Of the operator's subscription. */
  readonly places: number;
  /** Done by its staff before the operator signs up. */
  readonly prepare?: (installation: Installation) => Promise<void>;
}

export async function startProvider({ places, prepare, ...options }: ProviderOptions): Promise<Provider> {
  const installation = await startInstallation(options);
  try {
    await prepare?.(installation);
    return { installation, by: await installation.registerOperator({ places }) };
  } catch (error) {
    await installation[Symbol.asyncDispose]();
    throw error;
  }
}

/** A move that was begun, seen from both sides. */
export interface Moving {
  readonly departure: string;
  readonly arrival: string;
  /** At the target. */
  readonly process: string;
  readonly deployment: string;
}

/** Grants at one and takes at the other, which goes on by itself. */
export async function beginMove(source: Provider, target: Provider, deployment: string): Promise<Moving> {
  const { grant, id: departure } = await source.by.client.done(grantMove, {
    params: { operator: source.by.operator },
    body: { deployment, to: target.installation.address },
  });
  const taken = await target.by.client.done(takeMove, {
    params: { operator: target.by.operator },
    body: { grant },
  });
  return { ...taken, departure };
}

/** Follows a side of a move until it has ended or is stuck; `onStep` is told what it is at, as it changes. */
export async function moveEnded(
  { by: { client, operator } }: Provider,
  process: string,
  onStep?: (step: string) => Promise<void>,
): Promise<Process> {
  let after: ReplyOf<typeof followMove>['position'] | undefined;
  for (;;) {
    const { recorded, position } = await client.done(followMove, {
      params: { operator, process },
      body: { wait: 10, after },
    });
    if (recorded.status !== 'running' && recorded.status !== 'undoing') return recorded;
    const step = recorded.steps.find(({ state }) => state === 'running' || state === 'awaiting');
    if (step !== undefined) await onStep?.(step.name);
    after = position;
  }
}
