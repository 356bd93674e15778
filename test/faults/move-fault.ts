import fc from 'fast-check';
import { type Signal, SIGNALS, type SignalName } from './moments.js';

/** Source and target. */
export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

/**
 * What goes wrong in a move; `a` is the source, `b` the target.
 *
 * Killed and brought back at once: `platform` (services, agent, router), `nats`, `postgres`, `all` three; `platforms` of
 * both sides. For some seconds: `cut` (nobody reaches the public address), `silent` (the platform is stopped), `slow`
 * (it is stopped most of the time), `full` (the applications' disk). For the rest of the round: `clock` (an hour ahead),
 * `grant-late` (the source's clock passes the grant's end). By people: `grant-twice`, `abandon` (at the source), `undo`
 * (staff at the target), `keys` (all keys of both providers are changed, by their commands, while the source's platform is stopped).
 */
export const DISTURBANCES: readonly Disturbance[] = [
  ...['a.platform', 'b.platform', 'platforms', 'a.nats', 'b.nats', 'a.postgres', 'b.postgres', 'a.all', 'b.all'],
  ...['a.cut', 'b.cut', 'a.silent', 'b.silent', 'a.slow', 'b.slow', 'a.full', 'b.full', 'a.clock', 'b.clock'],
  ...['grant-late', 'grant-twice', 'abandon', 'undo', 'keys'],
];
export type Disturbance = string;

/** Right after the nth signal of a name or the first event of a type (and step) at one side, or a time after the grant. */
export type MoveMoment =
  | { readonly kind: 'event'; readonly side: Side; readonly event: string; readonly step: string | null }
  | { readonly kind: 'signal'; readonly side: Side; readonly name: SignalName; readonly nth: number }
  | { readonly kind: 'time'; readonly afterMs: number };

export interface MoveFault {
  readonly what: Disturbance;
  readonly moment: MoveMoment;
}

/** `a.platform@b.commit:7`, `b.cut@a.deployment-left`, `undo@b.step-succeeded.open`, `undo@1250ms`: what `--only` takes. */
export const moveFaultId = ({ what, moment }: MoveFault): string => `${what}@${momentId(moment)}`;

function momentId(moment: MoveMoment): string {
  if (moment.kind === 'time') return `${moment.afterMs}ms`;
  const { side } = moment;
  if (moment.kind === 'signal') return `${side}.${moment.name}:${moment.nth}`;
  return moment.step === null ? `${side}.${moment.event}` : `${side}.${moment.event}.${moment.step}`;
}

/** Whether the moment is there: `signal` was heard at `side`. */
export function isMoment(moment: MoveMoment, side: Side, { name, nth, about }: Signal): boolean {
  if (moment.kind === 'time' || moment.side !== side) return false;
  if (moment.kind === 'signal') return moment.name === name && moment.nth === nth;
  const wanted = new RegExp(`[.]${moment.event}[.]v[0-9]+${moment.step === null ? '' : ` ${moment.step}`}$`);
  return name === 'commit' && about.split(', ').some((each) => wanted.test(each));
}

/** @throws RangeError */
export function parseMoveFault(id: string): MoveFault {
  const [what = '', when = ''] = id.split('@');
  const isKnown = DISTURBANCES.includes(what);
  const afterMs = /^(\d+)ms$/.exec(when)?.[1];
  if (isKnown && afterMs !== undefined) return { what, moment: { kind: 'time', afterMs: Number(afterMs) } };
  const [, at, called = '', nth, step = null] = /^([ab])\.([a-z-]+)(?::(\d+)|\.([a-z-]+))?$/.exec(when) ?? [];
  const side = SIDES.find((each) => each === at);
  if (isKnown && side !== undefined && nth === undefined)
    return { what, moment: { kind: 'event', side, event: called, step } };
  const name = SIGNALS.find((each) => each === called);
  if (isKnown && side !== undefined && name !== undefined && Number(nth) > 0)
    return { what, moment: { kind: 'signal', side, name, nth: Number(nth) } };
  throw new RangeError(`"${id}" is no fault; one is a.platform@b.commit:7, b.nats@a.job-taken:1 or undo@1250ms`);
}

export type BothSignals = Readonly<Record<Side, readonly Signal[]>>;

/**
 * `rounds` faults, each disturbance as often as the others, after signals of an undisturbed move; the same for the same
 * seed and signals.
 */
export function drawMoveFaults(
  rounds: number,
  seed: number,
  signals: BothSignals,
  whats: readonly Disturbance[],
): MoveFault[] {
  const moments = SIDES.flatMap((side) =>
    signals[side].map(({ name, nth }): MoveMoment => ({ kind: 'signal', side, name, nth })),
  );
  const turns = Math.ceil(rounds / whats.length);
  const order = fc
    .sample(fc.shuffledSubarray([...whats], { minLength: whats.length }), { seed, numRuns: turns })
    .flat();
  const drawn = fc.sample(fc.noBias(fc.constantFrom(...moments)), { seed, numRuns: rounds });
  return drawn.flatMap((moment, index) => {
    const what = order[index];
    return what === undefined ? [] : [{ what, moment }];
  });
}

/** The disturbance after every commit of either side. */
export const afterEveryCommit = (signals: BothSignals, whats: readonly Disturbance[]): MoveFault[] =>
  whats.flatMap((what) =>
    SIDES.flatMap((side) =>
      signals[side]
        .filter(({ name }) => name === 'commit')
        .map(({ name, nth }): MoveFault => ({ what, moment: { kind: 'signal', side, name, nth } })),
    ),
  );
