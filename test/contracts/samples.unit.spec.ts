import * as accounts from '@freehold/accounts-contract';
import * as catalog from '@freehold/catalog-contract';
import * as deployment from '@freehold/deployment-contract';
import { describe, expect, it } from '@jest/globals';
import { processEvents } from '@freehold/kernel';
import * as portability from '@freehold/portability-contract';
import * as provisioning from '@freehold/provisioning-contract';
import { z } from 'zod';
import { changedSamples, CONTEXTS, digestsOf, namedSamples, samplesOf, type Samples } from './stored-samples.js';

/** Old versions too: their contracts stay exported. */
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
const folder = import.meta.dirname;

describe.each(CONTEXTS)('the events of %s', (context) => {
  const samples = samplesOf(folder, context);
  const contracts = CONTRACTS[context];

  it('have samples, every version, and no sample has lost its contract', () => {
    expect(Object.keys(samples).toSorted()).toEqual(contracts.map(({ type }) => type).toSorted());
  });

  it.each([...namedSamples(samples)])('%s is read by its contract', (_name, { type, data }) => {
    expect(contracts.find((each) => each.type === type)?.data.parse(data)).toEqual(data);
  });
});

describe('a sample that was stored', () => {
  const all: Samples = Object.assign({}, ...CONTEXTS.map((context) => samplesOf(folder, context)));

  it('is never changed', () => {
    expect(changedSamples(all, digestsOf(folder))).toEqual([]);
  });

  it('is found out when it is changed, gone, or not stored yet', () => {
    const digests = digestsOf(folder);
    const [first, second] = ['catalog.plan-defined.v1', 'catalog.offering-closed.v1'] as const;
    const changed = { ...all, [first]: [{ name: 'small', size: 'large' }], [second]: [{}, { why: 'sold out' }] };
    expect(changedSamples(changed, digests)).toEqual([
      expect.stringMatching(/offering-closed\.v1#2 is not stored yet: npm run samples/),
      expect.stringMatching(/plan-defined\.v1 was changed; .* append another sample/),
    ]);
    const { [first]: _, ...fewer } = all;
    expect(changedSamples(fewer, digests)).toEqual([expect.stringMatching(/plan-defined\.v1 is gone/)]);
  });
});
