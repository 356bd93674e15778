import { createHash } from 'node:crypto';
import { BackendFailure } from './backend-failure.js';
import type { EnvironmentSpec, PreparedRelease, UnitSpec } from './runtime-backend.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The checks that every adapter makes before it touches anything. Each throws BackendFailure. */
export function checkEnvironmentId(id: string): void {
  if (!UUID.test(id)) malformed('an environment id is a lower-case uuid', { id: id.slice(0, 64) });
}

export function checkUnitName(name: string): void {
  if (!NAME.test(name)) malformed('a unit name has lower-case letters, digits and "-"', { unit: name.slice(0, 64) });
}

export function checkEnvironmentSpec(spec: EnvironmentSpec): void {
  checkEnvironmentId(spec.id);
  for (const port of spec.ports) {
    if (!NAME.test(port)) malformed('a port name has lower-case letters, digits and "-"', { port: port.slice(0, 64) });
  }
  for (const [limit, value] of Object.entries(spec.limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) malformed('a limit is a whole number above 0', { limit });
  }
  for (const folder of spec.folders) pathParts(folder);
}

export function checkUnit(unit: UnitSpec): void {
  checkUnitName(unit.name);
  checkCommand(unit.command, unit.environment);
  if (!(unit.stopTimeoutMs >= 0)) malformed('stopTimeoutMs is 0 or more', { unit: unit.name });
  if (unit.workingFolder !== undefined) pathParts(unit.workingFolder);
}

export function checkCommand(command: readonly string[], environment: Readonly<Record<string, string>>): void {
  if (command.length === 0 || command[0] === '') malformed('a command names a program', {});
  for (const [name, value] of Object.entries(environment)) {
    if (!VARIABLE.test(name)) malformed('a variable has letters, digits and "_"', { variable: name.slice(0, 64) });
    if (value.includes('\0')) malformed('a variable has no NUL', { variable: name });
  }
  if (command.some((part) => part.includes('\0'))) malformed('a command has no NUL', {});
}

export function checkRelease(release: PreparedRelease): void {
  if (!/^[0-9a-f]{64}$/.test(release.digest)) malformed('a release digest is 64 hex digits', {});
}

/** Splits a relative path into its parts; refuses whatever could lead out of the environment. */
export function pathParts(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || path.includes('\0') || path.includes('\\') || parts.includes('..')) {
    throw new BackendFailure('path-leaves-environment', 'the path leads out of its environment', {
      hint: 'give a path relative to the environment, with "/" and without ".."',
      values: { path: path.slice(0, 200) },
    });
  }
  return parts;
}

/** Digest over everything in a unit's spec: tells whether what runs is what is wanted. Without a network it is never opened. */
export function unitSpecDigest(unit: UnitSpec): string {
  const environment = Object.entries(unit.environment).sort(([a], [b]) => (a < b ? -1 : 1));
  const { name, command, workingFolder = '', stopSignal = 'SIGTERM', stopTimeoutMs, network = 'host' } = unit;
  const said = [name, command, workingFolder, environment, stopSignal, stopTimeoutMs];
  const { closed = false } = unit;
  const place = network === 'none' ? ['no network'] : closed ? ['closed'] : [];
  const canonical = JSON.stringify([...said, ...place]);
  return createHash('sha256').update(canonical).digest('hex');
}

function malformed(message: string, values: Record<string, string>): never {
  throw new BackendFailure('input-malformed', message, { hint: 'correct what was handed to the backend', values });
}
