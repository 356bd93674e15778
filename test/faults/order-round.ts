import { deployments, orderDeployment, retireDeployment } from '@freehold/deployment-contract';
import type { ReplyOf, StoredCommit } from '@freehold/kernel';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Installation, Operator } from '../kit/installation.js';
import { answersByName, type Application } from './applications.js';
import { type Fault, faultId } from './fault.js';
import { ledgerOf } from './ledger.js';
import { machineOf, unitsOf } from './machine.js';
import type { Moments, Signal } from './moments.js';
import { answered, endOf } from './patient-client.js';
import { againstClean, againstLive, againstUndone, type Ordered, type Seen } from './verdict.js';
import { bringBack, kill } from './victims.js';

/** Where rounds take place, one after another. */
export interface Scene {
  readonly installation: Installation;
  readonly moments: Moments;
  readonly by: Operator;
  readonly application: string;
  readonly facts: Application;
}

export interface Round {
  /** `none`: undisturbed. */
  readonly fault: string;
  /** What the moment was; null: it did not come, nothing was disturbed. */
  readonly moment: string | null;
  readonly end: 'live' | 'undone' | 'neither';
  /** How the process ended: completed, refused, failed, stuck. */
  readonly outcome: string;
  /** What is wrong; empty unless the end is neither. */
  readonly wrong: readonly string[];
  readonly signals: readonly Signal[];
  /** From the sending of the order to its end. */
  readonly orderMs: number;
  readonly tookMs: number;
}

type Reply = ReplyOf<typeof orderDeployment>;

/** Settling after the end of a process: acknowledgements, records, desired states. */
const SETTLE_MS = 20_000;

/** One order, disturbed by the fault, to its end; then retired, and everything looked at again. */
export async function orderRound(scene: Scene, name: string, fault: Fault | null): Promise<Round> {
  const startedAt = performance.now();
  const wrong: string[] = [];
  const signals: Signal[] = [];
  const injection = new Injection(scene.installation, fault);
  let outcome = 'unknown';
  let orderMs = 0;
  let over = false;
  const watching = new Sampler(scene.installation, scene.facts);
  try {
    await scene.moments.watch((signal) => {
      if (over) return;
      signals.push(signal);
      injection.offer(signal);
    });
    const ordered = await disturbedOrder(scene, name, injection, wrong);
    outcome = (await endOf(scene.by, scene.moments, ordered.process)).status;
    orderMs = performance.now() - startedAt;
    over = true;
    wrong.push(...(await judge(scene, name, ordered, outcome)), ...watching.stop());
    if (outcome === 'completed') wrong.push(...(await retire(scene, name, ordered)));
  } catch (error) {
    wrong.push(String(error));
  } finally {
    watching.stop();
    injection.end();
  }
  const end = wrong.length > 0 ? 'neither' : outcome === 'completed' ? 'live' : 'undone';
  const took = { orderMs, tookMs: performance.now() - startedAt };
  return {
    fault: fault === null ? 'none' : faultId(fault),
    moment: injection.moment,
    ...{ end, outcome, wrong, signals },
    ...took,
  };
}

/** Sends the order, lets the fault happen, sends it again with the same key: the same answer each time. */
async function disturbedOrder(
  { by, moments, application, facts }: Scene,
  name: string,
  injection: Injection,
  wrong: string[],
): Promise<Ordered> {
  const idempotencyKey = randomUUID();
  const body = { application, name, settings: facts.settings };
  const call = { params: { operator: by.operator }, body, idempotencyKey };
  injection.arm();
  const first: Promise<Reply | undefined> = by.client.done(orderDeployment, call).catch(() => undefined);
  const ended = () =>
    moments.since.some(({ commit }) => commit.events.some(({ type }) => type === 'deployment.process-ended.v1'));
  await eventually(() => injection.happened || ended(), { timeoutMs: 120_000, intervalMs: 20 });
  await injection.settled();
  const replies = [await first, await answered(by, orderDeployment, call)].filter((reply) => reply !== undefined);
  const reply = replies.at(-1);
  if (reply === undefined) throw new Error('the order was never answered');
  if (!replies.every((each) => isDeepStrictEqual(each, reply)))
    wrong.push(`the same command is answered differently: ${JSON.stringify(replies)}`);
  await endOf(by, moments, reply.process);
  if (moments.since.filter(beginsOrder).length !== 1) wrong.push('more than one process was begun');
  const late = await answered(by, orderDeployment, call);
  if (!isDeepStrictEqual(late, reply))
    wrong.push(`answered differently after the end: ${JSON.stringify([reply, late])}`);
  return reply;
}

const beginsOrder = ({ subject, commit }: StoredCommit): boolean =>
  commit.version === 1 && subject.includes('.order-deployment.');

async function judge(scene: Scene, name: string, ordered: Ordered, outcome: string): Promise<string[]> {
  if (outcome === 'completed') {
    const wrong = await settled(scene, name, (seen) => againstLive(seen, ordered, scene.facts));
    return [...wrong, ...(await shownAs(scene, ordered, 'live'))];
  }
  if (outcome === 'refused' || outcome === 'failed')
    return settled(scene, name, (seen) => againstUndone(seen, ordered));
  return [`the process is ${outcome}`];
}

/** Once more, with a command that is sent again: nothing may be left. */
async function retire(scene: Scene, name: string, { deployment }: Ordered): Promise<string[]> {
  const { by } = scene;
  const params = { operator: by.operator, deployment };
  const call = { params, body: { now: true }, idempotencyKey: randomUUID() };
  const { process } = await answered(by, retireDeployment, call);
  const { status } = await endOf(by, scene.moments, process);
  const wrong = await settled(scene, name, againstClean);
  return [...(status === 'completed' ? [] : [`the retirement is ${status}`]), ...wrong].map(
    (each) => `retired: ${each}`,
  );
}

/** Looks until nothing is wrong any more, or the time is up. */
async function settled(scene: Scene, name: string, against: (seen: Seen) => string[]): Promise<string[]> {
  let wrong: string[] = [];
  const right = async (): Promise<boolean> => {
    wrong = await look(scene, name).then(against, (error: unknown) => [String(error)]);
    return wrong.length === 0;
  };
  await eventually(right, { timeoutMs: SETTLE_MS, intervalMs: 200 });
  return wrong;
}

async function look({ installation, moments, facts }: Scene, name: string): Promise<Seen> {
  await moments.caughtUp();
  return {
    ledger: ledgerOf(moments.commits),
    machine: await machineOf(installation, moments.connection),
    host: installation.host,
    answers: await answersByName(installation, name, facts),
  };
}

/** The read models, too, have got there. */
async function shownAs({ by, moments }: Scene, { deployment }: Ordered, status: string): Promise<string[]> {
  const params = { operator: by.operator, deployment };
  const after = moments.commits.at(-1)?.position;
  const { recorded } = await answered(by, deployments.get, { params, body: { after } });
  return recorded.status === status ? [] : [`the deployment is shown as ${recorded.status}`];
}

/** Kills once, at its moment, and brings back what was killed. */
class Injection {
  moment: string | null = null;
  #work: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(
    private readonly installation: Installation,
    private readonly fault: Fault | null,
  ) {}

  get happened(): boolean {
    return this.moment !== null;
  }

  /** The order is being sent. */
  arm(): void {
    const moment = this.fault?.moment;
    if (moment?.kind !== 'time') return;
    void pause(moment.afterMs, undefined, { signal: this.#ending.signal }).then(
      () => this.#strike(`after ${moment.afterMs} ms`),
      () => undefined,
    );
  }

  offer({ name, nth, about }: Signal): void {
    const moment = this.fault?.moment;
    if (moment?.kind === 'signal' && moment.name === name && moment.nth === nth)
      this.#strike(`${name} ${nth}: ${about}`);
  }

  /** Resolves when what was killed has been started again. */
  settled(): Promise<void> {
    return this.#work;
  }

  end(): void {
    this.#ending.abort();
  }

  #strike(moment: string): void {
    if (this.happened || this.fault === null) return;
    this.moment = moment;
    const { victim } = this.fault;
    this.#work = kill(this.installation, victim).then(() => bringBack(this.installation, victim));
    this.#work.catch(() => undefined); // told to whoever waits for it
  }
}

/** Looks all the time whether there are two of what there may be one of. */
class Sampler {
  readonly #timer: NodeJS.Timeout;
  readonly #wrong = new Set<string>();
  #before: ReadonlySet<number> = new Set();

  constructor(installation: Installation, { unit }: Application) {
    this.#timer = setInterval(() => {
      const { folders, processes } = unitsOf(installation);
      if (folders.length > 1) this.#wrong.add(`two environments at once: ${folders.join(', ')}`);
      const units = processes.filter(({ command }) => command.includes(unit)).map(({ pid }) => pid);
      // A child looks like its parent from its fork to its exec; that passes, a second unit does not.
      const lasting = units.filter((pid) => this.#before.has(pid));
      if (lasting.length > 1) this.#wrong.add(`two units at once: ${lasting.join(', ')}`);
      this.#before = new Set(units);
    }, 250);
  }

  stop(): string[] {
    clearInterval(this.#timer);
    return [...this.#wrong];
  }
}
