import { movable } from '@freehold/deployment-contract';
import type { Position } from '@freehold/kernel';
import type { AggregateStore, CommandMeta } from '@freehold/log';
import {
  AGGREGATES,
  CONFIGURATION,
  derivedId,
  type Failed,
  notFound,
  OperationClient,
  processPrincipal,
  type Refused,
} from '@freehold/platform';
import { processDefinition } from '@freehold/process';
import { Inject, Injectable } from '@nestjs/common';
import { processName } from '../aggregates.js';
import type { PortabilityConfig } from '../portability.config.js';
import { NameHomes } from '../home/name-homes.js';
import { departProcess } from '../processes/domain/depart.process.js';
import type { Place } from './departures.js';
import type { Known } from './domain/departure.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The process that every sealed departure has: one, whatever is repeated, because its id follows from the departure's. */
export const departProcessId = (departure: string): string => derivedId(departure, 'depart');

@Injectable()
export class DepartProcesses {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(CONFIGURATION) private readonly config: PortabilityConfig,
    @Inject(NameHomes) private readonly homes: NameHomes,
  ) {}

  /** So long a capture may say nothing new: as long as a seal. */
  get captureMs(): number {
    return this.config.sealMinutes * MINUTE_MS;
  }

  /** Null: it has begun. */
  async begin(
    { operator, departure, state }: Place & { state: Known },
    position: Position,
    meta: Omit<CommandMeta, 'commandId' | 'commandName'>,
  ): Promise<Failed | Refused | null> {
    const principal = processPrincipal(operator, departure);
    const body = { deployment: state.grant.deployment };
    const shown = await this.client.call(movable, { params: { operator }, body, principal });
    if (shown.kind !== 'done') return shown;
    const { deployment, environment, lineage, host, epoch, names, application, version, digest, hooks } = shown.reply;
    if (state.bound === null || host === null) return notFound();
    const homes = await this.homes.of({ operator, departure, deployment }, names);
    if (homes.kind !== 'done') return homes;
    const input = {
      ...{ departure, deployment, environment, lineage, host, epoch, position },
      release: { application, version, digest },
      names: names.map(({ id }, index) => ({ id, home: homes.reply[index] ?? null })),
      to: { provider: state.bound.by.provider, recipient: state.bound.recipient },
      keptMs: Math.round(this.config.keptDays * DAY_MS),
      quiesces: hooks.includes('quiesce'),
    };
    await this.aggregates.execute({
      definition: processDefinition(departProcess),
      name: processName(departProcess.kind, operator, departProcessId(departure)),
      command: { type: 'begin', input, at: new Date().toISOString() },
      meta: { ...meta, commandId: departProcessId(departure), commandName: 'portability.depart' },
    });
    return null;
  }
}
