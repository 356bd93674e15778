import { deploymentCatalogue, jobFailed } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import {
  arrivalCatalogue,
  departureAbandoned,
  departureCatalogue,
  departureReturned,
  homeAnswered,
  sourceAnswered,
  sourceFailed,
  targetOpened,
  tenureAsked,
} from '@freehold/portability-contract';
import { type Answer, type Await, type Json, oneOf, type Verdict } from '@freehold/process';
import {
  type desireEnvironment,
  environmentCatalogue,
  environmentObserved,
  environmentOutcome,
} from '@freehold/provisioning-contract';

interface Of {
  operator: string;
  timeoutMs: number;
}
/** What is known once the desired state was accepted. */
export type Desired = Answer<ReplyOf<typeof desireEnvironment>>;

/** Ends when the agent has made this generation (or a later one) true, or has given this one up. */
export const environmentReaches = (
  wanted: Of & { environment: string; generation: number },
): Await<{ [key: string]: Json; generation: number; identity: Json }> => ({
  interestedIn: [oneOf(environmentCatalogue, { operator: wanted.operator, id: wanted.environment })],
  timeoutMs: wanted.timeoutMs,
  matches: (event) => environmentOutcome(wanted.generation, event),
});

/** As `environmentReaches`, of what must never have been open: somebody may have written to it otherwise. */
export const environmentRests = (
  wanted: Of & { processId: string; environment: string; generation: number },
): Await<Json> => {
  const reaches = environmentReaches(wanted);
  return {
    ...reaches,
    matches: (event, seen) => {
      const verdict = reaches.matches(event, seen);
      const served = event.type === environmentObserved.type && event.data['served'] === true;
      return verdict?.kind === 'succeeded' && served
        ? { kind: 'failed', findings: [wasOpen(wanted.processId)] }
        : verdict;
    },
  };
};

const wasOpen = (processId: string) => ({
  pointer: '',
  code: 'target-was-open',
  detail:
    'It was reached by its names here before it failed: somebody may have written to it, so it is not given back. It is stopped; both copies are intact.',
  hint: `Mend why it did not open here (said at the step "open"), then "freehold work continue ${processId}" starts it and goes on.`,
});

/** Ends with the event that carries this very job's id; what the agent found is the output. */
export const jobEnds = (wanted: Of & { job: string; deployment: string }): Await<Json> => ({
  interestedIn: [oneOf(deploymentCatalogue, { operator: wanted.operator, id: wanted.deployment })],
  timeoutMs: wanted.timeoutMs,
  matches: ({ type, data }) => {
    if (data['job'] !== wanted.job) return undefined;
    if (type === jobFailed.type) return { kind: 'failed', findings: jobFailed.data.parse(data).findings };
    return { kind: 'succeeded', output: data['result'] ?? null };
  },
});

/** Ends with what the source said to the courier. */
export const sourceAnswers = (wanted: Of & { job: string; arrival: string }): Await<Json> => ({
  interestedIn: [oneOf(arrivalCatalogue, { operator: wanted.operator, id: wanted.arrival })],
  timeoutMs: wanted.timeoutMs,
  matches: ({ type, data }) => {
    if (data['job'] !== wanted.job) return undefined;
    if (type === sourceFailed.type) return { kind: 'failed', findings: sourceFailed.data.parse(data).findings };
    return type === sourceAnswered.type ? { kind: 'succeeded', output: data['answer'] ?? null } : undefined;
  },
});

/** Ends with what the homes of the names said to the courier. */
export const homesAnswer = (wanted: Of & { job: string; departure: string }): Await<Json> => ({
  ...ofDeparture(wanted),
  matches: ({ type, data }): Verdict<Json> | undefined => {
    if (type !== homeAnswered.type || data['job'] !== wanted.job) return undefined;
    return { kind: 'succeeded', output: { redirected: homeAnswered.data.parse(data).redirected } };
  },
});

/** Ends when the target asks for the tenure, or when it comes to nothing. */
export const tenureIsAsked = (wanted: Of & { departure: string }): Await<Json> => ({
  ...ofDeparture(wanted),
  matches: ({ type, data }): Verdict<Json> | undefined => {
    if (type === tenureAsked.type) return { kind: 'succeeded', output: tenureAsked.data.parse(data) };
    if (type !== departureAbandoned.type) return undefined;
    return { kind: 'failed', findings: departureAbandoned.data.parse(data).findings };
  },
});

/** As what is waited for; or the departure comes to nothing meanwhile, and nobody waits for it any more. */
export const unlessAbandoned = <Output extends Json>(
  awaited: Await<Output>,
  departure: { operator: string; departure: string },
): Await<Output> => ({
  ...awaited,
  interestedIn: [...awaited.interestedIn, ...ofDeparture({ ...departure, timeoutMs: awaited.timeoutMs }).interestedIn],
  matches: (event, seen) => {
    if (event.type !== departureAbandoned.type) return awaited.matches(event, seen);
    return { kind: 'failed', findings: departureAbandoned.data.parse(event.data).findings };
  },
});

/** Ends when it is live at the target, or when the target has given the tenure back. */
export const targetOpens = (wanted: Of & { departure: string }): Await<Json> => ({
  ...ofDeparture(wanted),
  matches: ({ type }): Verdict<Json> | undefined => {
    if (type === targetOpened.type) return { kind: 'succeeded', output: null };
    return type === departureReturned.type ? { kind: 'failed', findings: [CAME_BACK] } : undefined;
  },
});

const ofDeparture = ({ operator, departure, timeoutMs }: Of & { departure: string }) => ({
  interestedIn: [oneOf(departureCatalogue, { operator, id: departure })],
  timeoutMs,
});

const CAME_BACK = {
  pointer: '',
  code: 'tenure-returned',
  detail: 'The target could not open it and gave the tenure back.',
  hint: 'It runs here again. Its report at the target says why; then grant again.',
};
