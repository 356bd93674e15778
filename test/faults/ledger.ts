/**
 * The fault campaign: an order is disturbed at one moment after another, and must end live, or refused or failed with
 * everything undone; never two of anything, never something left.
 *
 *     main ─► order-campaign ─► order-round ─► moments (when) ─► victims (who dies) ─► ledger + machine ─► verdict
 *
 * This file: what the log says in the end. A fold of its own, written without the services' code, so that it disagrees
 * with them if one of them is wrong. Pure.
 */
import type { StoredCommit } from '@freehold/kernel';
import { parseSubject } from '@freehold/log';

/** What holds after all commits, by id. */
export interface Ledger {
  /** Deployments that hold a place. */
  readonly places: ReadonlySet<string>;
  /** Name's id → deployment, and the environment that it leads to. */
  readonly names: ReadonlyMap<string, { deployment: string; environment: string | null }>;
  /** Environments that hold capacity. */
  readonly capacity: ReadonlySet<string>;
  /** Lineage → deployment. */
  readonly tenures: ReadonlyMap<string, string>;
  readonly environments: ReadonlyMap<string, { deployment: string | null; want: string | null; state: string | null }>;
  /** Deployment → its last event of the life cycle. */
  readonly deployments: ReadonlyMap<string, string>;
  /** Process → kind and outcome; null while it is under way. */
  readonly processes: ReadonlyMap<string, { kind: string; deployment: string; outcome: string | null }>;
  /** Event type and what it is about → how often: `accounts.place-reserved.v1 <deployment>`. */
  readonly counts: ReadonlyMap<string, number>;
  /** Breaches of the log's own laws: a gap in versions, a wrong `previous`, a command stored twice. */
  readonly breaches: readonly string[];
}

export function ledgerOf(commits: Iterable<StoredCommit>): Ledger {
  const fold = new Fold();
  for (const commit of commits) fold.take(commit);
  return fold;
}

const LIFE = new Set(['deployment-ordered', 'went-live', 'retirement-begun', 'retired', 'order-undone']);

class Fold implements Ledger {
  readonly places = new Set<string>();
  readonly names = new Map<string, { deployment: string; environment: string | null }>();
  readonly capacity = new Set<string>();
  readonly tenures = new Map<string, string>();
  readonly environments = new Map<string, { deployment: string | null; want: string | null; state: string | null }>();
  readonly deployments = new Map<string, string>();
  readonly processes = new Map<string, { kind: string; deployment: string; outcome: string | null }>();
  readonly counts = new Map<string, number>();
  readonly breaches: string[] = [];
  readonly #last = new Map<string, { version: number; position: string }>();
  readonly #commands = new Set<string>();

  take({ subject, position, commit }: StoredCommit): void {
    const before = this.#last.get(subject);
    if (commit.version !== (before?.version ?? 0) + 1 || commit.previous !== (before?.position ?? null))
      this.breaches.push(`${subject} has version ${commit.version} after ${commit.previous} at ${position}`);
    this.#last.set(subject, { version: commit.version, position });
    const command = `${subject} ${commit.command.id}`;
    if (this.#commands.has(command)) this.breaches.push(`${command} is stored twice, again at ${position}`);
    this.#commands.add(command);
    const { aggregate, id } = parseSubject(subject);
    for (const { type, data } of commit.events) {
      const text = (field: string): string => textOf(data[field]);
      this.#count(type, textOf(data['deployment'] ?? data['environment'] ?? id));
      this.#event({ name: type.split('.')[1] ?? '', kind: aggregate, id, text, data });
    }
  }

  #count(type: string, about: string): void {
    const key = `${type} ${about}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  #event(event: Told): void {
    const { name, id, text } = event;
    if (LIFE.has(name)) this.deployments.set(id, name);
    if (name.startsWith('environment-')) this.#environment(event);
    if (name.startsWith('name-')) this.#name(event);
    if (name.startsWith('process-')) this.#process(event);
    if (name === 'place-reserved') this.places.add(text('deployment'));
    if (name === 'place-freed') this.places.delete(text('deployment'));
    if (name === 'capacity-reserved') this.capacity.add(text('environment'));
    if (name === 'capacity-freed') this.capacity.delete(text('environment'));
    if (name === 'tenure-claimed') this.tenures.set(id, text('deployment'));
    if (name === 'tenure-freed' && this.tenures.get(id) === text('deployment')) this.tenures.delete(id);
  }

  #environment({ name, id, text }: Told): void {
    const known = this.environments.get(id) ?? { deployment: null, want: null, state: null };
    if (name === 'environment-requested') this.environments.set(id, { ...known, deployment: text('deployment') });
    if (name === 'environment-desired') this.environments.set(id, { ...known, want: text('want') });
    if (name === 'environment-observed') this.environments.set(id, { ...known, state: text('state') });
  }

  #name({ name, id, text }: Told): void {
    const deployment = text('deployment');
    if (name === 'name-claimed') this.names.set(id, { deployment, environment: null });
    if (name === 'name-attached') this.names.set(id, { deployment, environment: text('environment') });
    if (name === 'name-given-up' && this.names.get(id)?.deployment === deployment) this.names.delete(id);
  }

  #process({ name, kind, id, text, data }: Told): void {
    if (name === 'process-started') {
      const input = data['input'] as Readonly<Record<string, unknown>>;
      this.processes.set(id, { kind, deployment: String(input['deployment']), outcome: null });
    }
    const known = this.processes.get(id);
    if (name === 'process-ended' && known !== undefined) this.processes.set(id, { ...known, outcome: text('outcome') });
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

interface Told {
  /** Of the event, without context and version. */
  readonly name: string;
  /** Of the aggregate. */
  readonly kind: string;
  readonly id: string;
  readonly text: (field: string) => string;
  readonly data: Readonly<Record<string, unknown>>;
}
