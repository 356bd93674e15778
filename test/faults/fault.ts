import fc from 'fast-check';
import { type Signal, SIGNALS, type SignalName } from './moments.js';
import { type Victim, VICTIMS } from './victims.js';

/** Right after the nth signal of a name, or after a time from the sending of the order. */
export type Moment =
  | { readonly kind: 'signal'; readonly name: SignalName; readonly nth: number }
  | { readonly kind: 'time'; readonly afterMs: number };

export interface Fault {
  readonly victim: Victim;
  readonly moment: Moment;
}

/** `nats@commit:7`, `platform@1250ms`: what `--only` takes. */
export const faultId = ({ victim, moment }: Fault): string =>
  `${victim}@${moment.kind === 'signal' ? `${moment.name}:${moment.nth}` : `${moment.afterMs}ms`}`;

/** @throws RangeError */
export function parseFault(id: string): Fault {
  const [who, when = ''] = id.split('@');
  const victim = VICTIMS.find((each) => each === who);
  const afterMs = /^(\d+)ms$/.exec(when)?.[1];
  const [signal, nth] = when.split(':');
  const name = SIGNALS.find((each) => each === signal);
  if (victim !== undefined && afterMs !== undefined)
    return { victim, moment: { kind: 'time', afterMs: Number(afterMs) } };
  if (victim !== undefined && name !== undefined && Number(nth) > 0)
    return { victim, moment: { kind: 'signal', name, nth: Number(nth) } };
  throw new RangeError(`"${id}" is no fault; one is nats@commit:7, platform@job-taken:1 or postgres@1250ms`);
}

/** Each victim after each signal that an undisturbed order gave. */
export const afterEverySignal = (signals: readonly Signal[], victims: readonly Victim[]): Fault[] =>
  signals.flatMap(({ name, nth }) => victims.map((victim) => ({ victim, moment: { kind: 'signal', name, nth } })));

/** `rounds` faults at moments uniform over the time that an undisturbed order takes; the same for the same seed. */
export function atRandom(rounds: number, seed: number, durationMs: number, victims: readonly Victim[]): Fault[] {
  const one = fc.record({
    victim: fc.constantFrom(...victims),
    afterMs: fc.integer({ min: 0, max: Math.round(durationMs) }),
  });
  return fc
    .sample(fc.noBias(one), { seed, numRuns: rounds })
    .map(({ victim, afterMs }) => ({ victim, moment: { kind: 'time', afterMs } }));
}
