import type { Finding } from '@freehold/kernel';
import { BackendFailure } from '../backend/backend-failure.js';

/** Nobody answered, or not yet: the same is asked again, and nothing is given up. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';

  constructor(
    readonly what: string,
    cause?: unknown,
  ) {
    super(`no answer to ${what} so far`, { cause });
  }
}

/** This generation cannot become true as it stands; the findings say why. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor(
    readonly findings: readonly Finding[],
    cause?: unknown,
  ) {
    super(findings.map(({ detail }) => detail).join(' '), { cause });
  }
}

/** A unit ended before it was ready. Once may be chance. */
export class UnitEnded extends Error {
  override readonly name = 'UnitEnded';

  constructor(
    readonly unit: string,
    readonly exitCode: number | null,
  ) {
    super(`the unit "${unit}" ended with exit code ${exitCode ?? 'unknown'} before it was ready`);
  }
}

/** Somebody wants something else meanwhile: decided again at once. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** After so many attempts a failure that might be chance counts as none. */
const PATIENCE = 3;

/** Why a generation is given up after this failure; null: try again first. Logs are not quoted: they may hold secrets. */
export function findingsOfFailure(error: unknown, attempts: number): Finding[] | null {
  if (error instanceof NotAnswered) return null;
  if (error instanceof GivenUp) return [...error.findings];
  if (attempts < PATIENCE) return null;
  return [findingOf(error, attempts)];
}

/** One failure of the host as a finding. */
export function findingOf(error: unknown, attempts = 1): Finding {
  if (error instanceof UnitEnded) {
    return {
      pointer: '',
      code: 'unit-ends',
      detail: `The unit "${error.unit}" ended before it was ready, ${attempts} times, with exit code ${error.exitCode ?? 'unknown'}.`,
      hint: 'Its log says why: "freehold logs". Correct the settings, or withdraw the release.',
    };
  }
  if (error instanceof BackendFailure) {
    return { pointer: '', code: error.code, detail: `On the host: ${error.message}.`, hint: error.hint };
  }
  if (isHinted(error)) return { pointer: '', code: kebab(error.name), detail: error.message, hint: error.hint };
  return {
    pointer: '',
    code: 'agent-failed',
    detail: 'The agent of the host met an error that it does not know.',
    hint: 'Staff: the agent’s log has it.',
  };
}

/** Our own errors of other libraries: a name, a message without secrets and a hint. By shape. */
function isHinted(error: unknown): error is Error & { readonly hint: string } {
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string';
}

const kebab = (name: string): string => name.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase();
