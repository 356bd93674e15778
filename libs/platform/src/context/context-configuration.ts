import type { DatabaseOptions } from '@freehold/projection';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { platformFields } from '../service/platform-configuration.js';

/** The variables of a service that has read models and reads or writes what is enciphered. */
export const contextFields = {
  ...platformFields,
  databaseHost: z.string().describe('host of PostgreSQL, or the folder of its Unix socket'),
  databasePort: z.coerce.number().int().default(5432).describe('port of PostgreSQL'),
  databaseName: z.string().default('freehold').describe('name of the database'),
  databaseUser: z.string().describe('role of this service'),
  databaseSchema: z.string().describe('its schema, which it owns'),
  databasePasswordFile: z.string().describe('file (mode 0600) with the role’s password'),
  masterKeyFile: z.string().describe('file (mode 0600) with the age identity that is the vault’s master key'),
};

export type ContextConfiguration = z.infer<z.ZodObject<typeof contextFields>>;

/** The context's own schema in PostgreSQL, with the password read. */
export async function databaseOf(config: ContextConfiguration): Promise<DatabaseOptions> {
  const { databaseHost: host, databasePort: port, databaseUser: user, databaseName: database } = config;
  const password = (await readFile(config.databasePasswordFile, 'utf8')).trim();
  return { host, port, user, database, schema: config.databaseSchema, password };
}
