import { describe, expect, it } from '@jest/globals';
import type { ProcessRecorded } from '@freehold/kernel';
import { ArrivalRecorded, DepartureRecorded } from '@freehold/portability-contract';
import type { Move } from '../cli/moves-meant.js';
import { moveMeaning } from './move-meaning.js';

const id = 'aaaaaaaa-0000-4000-8000-000000000000';
const peer = { provider: 'https://cloud.example', fingerprint: '9f2c' };
const same = { id, operator: id, process: id, deployment: id, lineage: id, ifAbandoned: '' };
type Status<Side extends Move['side']> = (Move & { side: Side })['status'];

const departure = (status: Status<'departure'>, confirmed = true): Move => ({
  ...{ side: 'departure', ...same, status, confirmed, to: null, by: peer },
  ...{ expires: '2099-01-01T00:00:00Z', deadline: null },
});
const arrival = (status: Status<'arrival'>): Move => ({
  ...{ side: 'arrival', ...same, status, source: peer, departure: id, epoch: 2 },
  ...{ application: 'synapse', version: '1.150.0', comparison: null },
});
const work = (status: ProcessRecorded['status'], at = 'copy'): ProcessRecorded => ({
  ...{ id, operator: id, kind: 'arrive', deployment: id, status, findings: [], failure: null, stuck: null },
  ...{ actions: [], startedAt: '2026-11-21T12:00:00Z', endedAt: null },
  steps: ['before', at].map((name) => ({
    ...{ name, state: name === at ? ('awaiting' as const) : ('done' as const), attempt: 1 },
    ...{ startedAt: null, endedAt: null, notBefore: null, skipped: null },
  })),
});

describe('what the state of a move means', () => {
  it.each([
    ['granted', /runs here.*waits for the other provider/],
    ['bound', /runs here as before, while https:\/\/cloud\.example copies/],
    ['sealing', /asked to stop here/],
    ['sealed', /is stopped.*if the target is late/],
    ['leaving', /asked for the tenure/],
    ['handed-over', /tenure is the target’s/],
    ['opened', /live at the target.*until the copy here is erased/],
    ['reopening', /being opened here again/],
    ['reopened', /runs here again/],
    ['abandoned', /before anything stopped/],
    ['returned', /gave it back/],
    ['erased', /live elsewhere/],
  ] as const)('tells it of a departure that is %s', (status, said) => {
    expect(moveMeaning(departure(status), null)).toMatch(said);
  });

  it('tells who has to be confirmed', () => {
    expect(moveMeaning(departure('bound', false), null)).toMatch(/https:\/\/cloud\.example.*once you have confirmed/);
  });

  it.each([
    ['reserve-place', /a place for it is made/],
    ['copy', /files are copied/],
    ['seal', /down from about now/],
    ['restore', /restored here/],
    ['start-closed', /closed to the world, and compared/],
    ['compare', /closed to the world, and compared/],
    ['ask-tenure', /becomes live here, or runs there again/],
    ['open', /being opened here/],
  ])('tells it of an arrival at %s', (step, said) => {
    expect(moveMeaning(arrival('under-way'), work('running', step))).toMatch(said);
  });

  it.each([
    ['completed', 'running', /live here\. The source is told/],
    ['completed', 'completed', /^It is live here\.$/],
    ['returned', 'failed', /given back/],
    ['abandoned', 'failed', /came to nothing/],
    ['under-way', 'undoing', /came to nothing/],
  ] as const)('tells it of an arrival that is %s, with work that is %s', (status, process, said) => {
    expect(moveMeaning(arrival(status), work(process))).toMatch(said);
  });

  it('says of each that is stuck that it waits for staff, and what is live', () => {
    const departures = DepartureRecorded.shape.status.options.map((status) => departure(status));
    const arrivals = ArrivalRecorded.shape.status.options.map((status) => arrival(status));
    for (const move of [...departures, ...arrivals])
      expect(moveMeaning(move, work('stuck'))).toMatch(/waits for the provider’s staff/);
    expect(moveMeaning(departure('opened'), work('stuck'))).toMatch(/^It is live at the target/);
    expect(moveMeaning(departure('sealed'), work('stuck'))).toMatch(/^The copy here is whole/);
    expect(moveMeaning(arrival('completed'), work('stuck'))).toMatch(/^It is live here/);
  });
});
