import * as accounts from '@freehold/accounts-contract';
import * as catalog from '@freehold/catalog-contract';
import * as deployment from '@freehold/deployment-contract';
import { describe, expect, it } from '@jest/globals';
import { processEvents } from '@freehold/kernel';
import * as portability from '@freehold/portability-contract';
import * as provisioning from '@freehold/provisioning-contract';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** An event that was ever written stays readable: each version has a sample here that is never changed again. */
const EventContract = z.object({ type: z.string(), data: z.instanceof(z.ZodType) });
const contractsIn = (exported: object) =>
  Object.values(exported).flatMap((value) => {
    const parsed = EventContract.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
const CONTRACTS = {
  accounts: contractsIn(accounts),
  catalog: contractsIn(catalog),
  provisioning: contractsIn(provisioning),
  deployment: [...contractsIn(deployment), ...contractsIn(processEvents('deployment'))],
  portability: [...contractsIn(portability), ...contractsIn(processEvents('portability'))],
};
const samplesOf = (context: string): Record<string, unknown> =>
  z
    .record(z.string(), z.json())
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'samples', `${context}.json`), 'utf8')));

describe.each(Object.entries(CONTRACTS))('the events of %s', (context, contracts) => {
  const samples = samplesOf(context);

  it('have a sample each, and no sample has lost its event', () => {
    expect(Object.keys(samples).toSorted()).toEqual(contracts.map(({ type }) => type).toSorted());
  });

  it.each(contracts.map(({ type, data }) => [type, data] as const))('%s reads its sample', (type, data) => {
    expect(data.parse(samples[type])).toEqual(samples[type]);
  });
});
