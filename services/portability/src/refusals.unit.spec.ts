import { refusalsOf } from '@freehold/decider';
import type { RestoreResult } from '@freehold/deployment-contract';
import { type Operation, operationsOf } from '@freehold/kernel';
import * as contract from '@freehold/portability-contract';
import { describe, expect, it } from '@jest/globals';
import { type Accepted, type ArrivalCommand, arrivalDecider } from './arrival/domain/arrival.js';
import { comparisonOf } from './arrival/domain/comparison.js';
import { verification } from './arrival/domain/verification.fixture.js';
import type { DepartureCommand } from './departure/domain/departure.commands.js';
import { departureDecider } from './departure/domain/departure.decide.js';
import { ask, EARLY, id, LATE, returnOf, SOURCE, STRANGER } from './departure/domain/departure.fixture.js';
import { type ExportCommand, exportDecider } from './export/domain/export.js';

/**
 * Whatever an aggregate can refuse with, in any state that can be reached, stands in the declaration of the operation that
 * asks it; and nothing stands there that cannot be answered. What the border of an operation refuses itself is `besides`.
 */
const DEPARTURE: readonly DepartureCommand[] = [
  ...Object.values(ask),
  ...[ask.bind, ask.askSeal, ask.askTenure].map((command): DepartureCommand => ({ ...command, at: LATE })),
  { ...ask.grant, to: null },
  { ...ask.bind, by: STRANGER, at: EARLY },
  { ...ask.confirm, matches: false },
  { type: 'return', return: returnOf({ epoch: 2 }) },
];
const known = { commands: DEPARTURE, except: ({ status }: { status: string }) => status === 'none' };
const departure = refusalsOf(departureDecider, known);
/** For operations that do not look first whether there is such a departure. */
const departureOrNone = refusalsOf(departureDecider, { commands: DEPARTURE });

const accepted: Accepted = {
  ...{ source: { provider: SOURCE, kid: 'k'.repeat(43) }, departure: id(4), move: 'a.b', nonce: 'n', epoch: 1 },
  ...{ deployment: id(3), environment: id(2), lineage: id(5), application: 'radicale', version: '3.9.0' },
  identity: { key: 'a' },
};
const restored = (changed: Partial<RestoreResult>): RestoreResult => ({
  ...{ report: null, differences: [], identity: null, fetchedFiles: 1, fetchedBytes: 1, afterRestore: 'none' },
  ...changed,
});
const fewer = { part: 'database', name: 'users', what: 'count', before: '3', after: '2' } as const;
const ARRIVAL: readonly ArrivalCommand[] = [
  { type: 'accept', accepted },
  { type: 'accept', accepted: { ...accepted, version: '3.8.0' } },
  { type: 'record-answer', job: id(6), answer: 1 },
  { type: 'record-failure', job: id(6), findings: [] },
  verification(comparisonOf(restored({}), null)),
  verification(comparisonOf(restored({ differences: [fewer] }), null)),
  verification(comparisonOf(restored({ identity: { key: 'a' } }), { key: 'b' })),
  { type: 'return', return: returnOf() },
  ...(['begin', 'complete', 'abandon'] as const).map((type) => ({ type })),
];
const arrival = refusalsOf(arrivalDecider, { commands: ARRIVAL });
const isNothing = ({ status }: { status: string }) => status === 'none' || status === 'never';
const arrivalAccepted = refusalsOf(arrivalDecider, { commands: ARRIVAL, except: isNothing });

const requested = { deployment: id(3), lineage: id(5), environment: id(2), host: 'this-host', recipient: 'age1x' };
const ready = { tagManifestSha256: 'a'.repeat(64), payloadBytes: 1, payloadFiles: 1, until: LATE };
const EXPORT: readonly ExportCommand[] = [
  { type: 'request', requested },
  { type: 'request', requested: { ...requested, deployment: id(4) } },
  { type: 'announce', ready },
  { type: 'record-erased', at: LATE },
  ...(['look', 'undo'] as const).map((type) => ({ type })),
];
const exported = refusalsOf(exportDecider, { commands: EXPORT });

type Row = readonly [operation: Operation, refusals: ReadonlySet<string> | undefined, besides?: readonly string[]];
const STATEMENT = ['statement-signature-wrong'];
const ROWS: readonly Row[] = [
  [contract.confirmMove, departure.get('confirm')],
  [contract.abandonMove, departure.get('abandon')],
  [contract.inspectDeparture, departure.get('bind'), ['grant-invalid', ...STATEMENT]],
  [contract.askSeal, departure.get('ask-seal')],
  [contract.tellProgress, departure.get('extend')],
  [contract.askTenure, departure.get('ask-tenure'), ['place-refused']],
  [contract.abandonDeparture, departure.get('abandon')],
  [contract.tellOpened, departure.get('record-opened')],
  [contract.returnTenure, departure.get('return'), STATEMENT],
  [contract.publishSeal, departure.get('publish-seal')],
  [contract.expectTenure, departureOrNone.get('expect-tenure')],
  [contract.expectOpened, departureOrNone.get('expect-opened')],
  [contract.recordReopened, departure.get('record-reopened')],
  [contract.handOver, departure.get('hand-over')],
  [contract.requireReturn, departureOrNone.get('require-return')],
  [contract.recordErased, departure.get('record-erased')],
  [contract.recordHomeAnswer, departureOrNone.get('record-home-answer')],
  [contract.beginArrival, arrival.get('begin')],
  [contract.verifyArrival, arrival.get('verify')],
  [contract.signReturn, arrival.get('return')],
  [contract.completeArrival, arrival.get('complete')],
  [contract.abandonArrival, arrival.get('abandon')],
  [contract.recordSourceAnswer, arrivalAccepted.get('record-answer')],
  [contract.lookAtExport, exported.get('look')],
  [contract.undoExport, exported.get('undo')],
  [contract.announceExport, exported.get('announce')],
  [contract.recordExportErased, exported.get('record-erased')],
];
/** The border judges most of these: what the aggregate refuses with is among it. */
const AMONG_OTHERS: readonly Row[] = [
  [contract.grantMove, departure.get('grant')],
  [contract.takeMove, arrival.get('accept')],
  [contract.beginExport, exported.get('request')],
];
/** Of no aggregate of this context. */
const OTHERS = ['abandon-take', 'redirect-home', 'retry-work', 'continue-work', 'undo-work'];

describe('what operations declare that they refuse with', () => {
  it.each(ROWS.map(([operation, refusals, besides = []]) => [operation.id, operation, refusals, besides] as const))(
    'is what they can: %s',
    (_, operation, refusals, besides) => {
      expect([...operation.refusals].toSorted()).toEqual([...(refusals ?? ['no such command']), ...besides].toSorted());
    },
  );

  it.each(AMONG_OTHERS.map(([operation, refusals]) => [operation.id, operation, refusals] as const))(
    'contains what the aggregate can: %s',
    (_, operation, refusals) => {
      expect(operation.refusals).toEqual(expect.arrayContaining([...(refusals ?? ['no such command'])]));
    },
  );

  it('is looked at of every command', () => {
    const commands = operationsOf(contract).filter(({ id: of, kind }) => kind === 'command' && of.startsWith('portab'));
    const looked = [...ROWS, ...AMONG_OTHERS].map(([operation]) => operation.id);
    const others = OTHERS.map((name) => `portability.${name}`);
    const ids = commands.map((operation) => operation.id).filter((of) => !of.includes('-views'));
    expect(ids.toSorted()).toEqual([...looked, ...others].toSorted());
  });
});
