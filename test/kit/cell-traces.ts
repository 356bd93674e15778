import { jetstreamManager } from '@nats-io/jetstream';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell } from './cell.js';
import { everyRow } from './cell-database.js';

/* Every place where something of a cell lies or could be seen by others: as pairs of a name and a text. */

export type Place = readonly [string, string];

/** Each stored message of each stream: subject, headers and body; what is base64 inside is decoded once, too. */
export async function* storedMessages(cell: Cell): AsyncGenerator<Place> {
  const manager = await jetstreamManager(cell.admin);
  for await (const { config, state } of manager.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const stored = await manager.streams.getMessage(config.name, { seq });
      if (stored === null) continue;
      const headers = [...stored.header.keys()].map((key) => `${key}: ${stored.header.get(key)}`).join('\n');
      yield [
        `${config.name}:${seq} ${stored.subject}`,
        `${stored.subject}\n${headers}\n${Buffer.from(stored.data).toString()}`,
      ];
    }
  }
}

/** Each file below a folder. */
export function* files(folder: string): Generator<Place> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (existsSync(path) && statSync(path).isFile()) yield [name, readFileSync(path).toString('latin1')];
  }
}

export async function* tables(cell: Cell): AsyncGenerator<Place> {
  for (const [table, rows] of await everyRow(cell)) for (const row of rows) yield [table, row];
}

/** Command line and environment of everything that runs on this machine and that we may see. */
export function* osProcesses(): Generator<Place> {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const what of ['cmdline', 'environ']) {
      try {
        yield [`/proc/${pid}/${what}`, readFileSync(`/proc/${pid}/${what}`, 'utf8')];
      } catch {
        // It ended meanwhile, or belongs to somebody else.
      }
    }
  }
}
