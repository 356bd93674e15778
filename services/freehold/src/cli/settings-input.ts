import { readFileSync } from 'node:fs';
import { CommandFailure } from './command-failure.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Settings = Record<string, Json>;

/**
 * Settings as a person types them: `name=value`. A value is JSON where it reads as JSON and the schema does not want a
 * text there; `name=@file` takes the text of a file, so that a secret is in no list of processes.
 *
 * @throws CommandFailure for what has no `=`, or a file that cannot be read.
 */
export function readSettings(pairs: readonly string[], schema: Record<string, unknown> = {}): Settings {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CommandFailure(`"${pair}" is no setting`, 'Settings have the form name=value.');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value.startsWith('@')) return [name, readText(value.slice(1)).trimEnd()];
      return [name, typeOf(schema, name) === 'string' ? value : valueOf(value)];
    }),
  );
}

/** A JSON object from a file. */
export function readSettingsFile(path: string): Settings {
  try {
    const parsed: unknown = JSON.parse(readText(path));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Settings;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
  }
  throw new CommandFailure(`${path} holds no JSON object`, 'Write settings as {"name": value, …}.');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandFailure(`${path} cannot be read`, 'Check the path and its permissions.');
  }
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function typeOf(schema: Record<string, unknown>, name: string): unknown {
  const properties = Object(schema['properties']) as Record<string, { type?: unknown } | undefined>;
  return properties[name]?.type;
}
