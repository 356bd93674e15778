import { retireDeployment } from '@freehold/deployment-contract';
import { join } from 'node:path';
import { type Installation, type Operator, type Process, startInstallation } from '../kit/installation.js';
import { bareStart, type Model, modelOf } from './bare-start.js';
import type { BenchOptions, Report } from './bench.js';
import { HEADING, lineOf, seconds, spreadOf } from './rounds.js';

const BAR_MS = 1_000;

interface Round {
  readonly bareMs: number;
  /** From sending the order to `went-live`. */
  readonly liveMs: number;
  /** From there to the first administrator's account. */
  readonly administratorMs: number;
  /** Of it: from the order to the step that starts the application. */
  readonly beforeStartMs: number;
}

/** Order to live of Synapse, its release installed, beside the same Synapse started by hand; one after the other. */
export async function orderBench({ rounds, say }: BenchOptions): Promise<Report> {
  await using installation = await startInstallation();
  const by = await installation.registerOperator({ places: 5 });
  say('installing the release: not counted');
  const first = await order(installation, by, 'model.freehold.test');
  const model = await modelOf(installation, by, first.deployment);
  const measured: Round[] = [];
  for (let n = 1; n <= rounds; n += 1) {
    const round = await oneRound({ installation, by, model }, n);
    measured.push(round);
    say(`round ${n} of ${rounds}: bare ${seconds(round.bareMs)}, order to live ${seconds(round.liveMs)}`);
  }
  await installation.stop();
  return reportOf(measured);
}

interface Ground {
  readonly installation: Installation;
  readonly by: Operator;
  readonly model: Model;
}

async function oneRound({ installation, by, model }: Ground, n: number): Promise<Round> {
  const bareMs = await bareStart(model, join(installation.folder, `bare-${n}`));
  const { deployment, ...times } = await order(installation, by, `round-${n}.freehold.test`);
  const params = { operator: by.operator, deployment };
  const retired = await by.client.done(retireDeployment, { params, body: { now: true } });
  await installation.ended(by, retired.process);
  return { bareMs, ...times };
}

async function order(installation: Installation, by: Operator, name: string) {
  const sentAt = Date.now();
  const { deployment, process } = await installation.order(by, { application: 'synapse', name });
  const ended = await installation.ended(by, process);
  if (ended.status !== 'completed') throw new Error(`the order ${ended.status}: ${JSON.stringify(ended.findings)}`);
  const liveAt = endOf(ended, 'go-live');
  return {
    deployment,
    liveMs: liveAt - sentAt,
    administratorMs: endOf(ended, 'make-first-administrator') - liveAt,
    beforeStartMs: endOf(ended, 'take-tenure') - sentAt,
  };
}

function endOf({ steps }: Process, name: string): number {
  const step = steps.find((each) => each.name === name);
  if (step?.endedAt === null || step === undefined) throw new Error(`the step ${name} has not ended`);
  return Date.parse(step.endedAt);
}

function reportOf(rounds: readonly Round[]): Report {
  const bare = spreadOf(rounds.map(({ bareMs }) => bareMs));
  const live = spreadOf(rounds.map(({ liveMs }) => liveMs));
  const difference = spreadOf(rounds.map(({ bareMs, liveMs }) => liveMs - bareMs));
  const administrator = spreadOf(rounds.map(({ administratorMs }) => administratorMs));
  const beforeStart = spreadOf(rounds.map(({ beforeStartMs }) => beforeStartMs));
  const ratio = live.median / bare.median;
  return {
    bench: 'order',
    bar: 'order to live ≤ bare start + 1 s (median of the differences)',
    reached: difference.median <= BAR_MS,
    lines: [
      HEADING,
      lineOf('bare start to /health', bare, seconds),
      lineOf('order to live', live, seconds),
      lineOf('  of it before it is started', beforeStart, seconds),
      lineOf('difference', difference, seconds),
      lineOf('then the first administrator', administrator, seconds),
      `ratio ${ratio.toFixed(2)}, ${rounds.length} rounds, one after the other`,
    ],
    figures: { bare, live, beforeStart, difference, administrator, ratio },
  };
}
