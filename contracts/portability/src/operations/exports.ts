import { SealedBag } from '@freehold/deployment-contract';
import { Changed, Id, Instant, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';
import { TransferSource } from './transfer-source.js';

/** `age1…`, an X25519 recipient of age: Bech32 of 32 bytes, lower case. */
export const AgeRecipient = z
  .string()
  .regex(
    /^age1[ac-hj-np-z02-9]{58}$/,
    'an age public key: "age1" and 58 letters and digits, as "age-keygen -y" prints',
  );

const read = { scope: 'operator', permission: 'move:read' } as const;
const make = { scope: 'operator', permission: 'export:make', since: '0.2.0' } as const;

export const ExportRecorded = z.object({
  id: Id,
  operator: Id,
  process: Id,
  deployment: Id,
  lineage: Id,
  recipient: z.string(),
  status: z.enum(['requested', 'ready', 'erased', 'undone']),
  /** What there is to fetch; null before it is ready. */
  bag: SealedBag.nullable(),
  /** When it is erased here, or was. */
  until: Instant.nullable(),
});
const ExportParams = OperatorParams.extend({ export: Id });
export const exportsMade = resource({
  context: 'portability',
  name: 'export',
  title: 'an export',
  collection: { path: '/v1/operators/{operator}/exports', params: OperatorParams, ...read },
  item: { path: '/v1/operators/{operator}/exports/{export}', params: ExportParams, ...read },
  history: 'history:read',
  recorded: ExportRecorded,
  observed: z.null(),
});

/** The application stops for as long as its state is copied, and runs again before the bag is fetched. */
export const beginExport = operation({
  ...make,
  id: 'portability.begin-export',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/exports' },
  summary: 'Makes a copy of a deployment to take home, as a bag that opens without Freehold.',
  params: OperatorParams,
  body: z.strictObject({
    deployment: Id,
    recipient: AgeRecipient.describe('age public key of who may open the secrets in it'),
  }),
  reply: Changed.extend({ process: Id, deployment: Id, export: Id }),
  refusals: [
    'deployment-unknown',
    'deployment-not-live',
    'deployment-left',
    'deployment-sealed',
    'recipient-unreadable',
    'export-differs',
  ],
  longWork: true,
});

/** For the operator's own command line: the token is good for some minutes, and then asked for again. */
export const openExport = operation({
  ...make,
  id: 'portability.open-export',
  kind: 'query',
  http: { method: 'GET', path: '/v1/operators/{operator}/exports/{export}/transfer' },
  summary: 'Says where the bag of an export is fetched, and with which token.',
  params: ExportParams,
  body: z.object({}),
  reply: TransferSource,
  refusals: ['export-not-ready', 'export-ended', 'host-silent'],
});

/** The commands of the process `export`. Not on HTTP. */
const step = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.2.0',
} as const;
const OfExport = z.strictObject({ export: Id });
const DONE = z.object({});

/** First step: nothing but the place of its undo, the last one, which marks the export as undone. */
export const lookAtExport = operation({
  ...step,
  id: 'portability.look-at-export',
  summary: 'Begins an export that was asked for.',
  body: OfExport,
  reply: DONE,
  refusals: ['export-ended'],
});
export const undoExport = operation({
  ...step,
  id: 'portability.undo-export',
  summary: 'Marks an export as undone.',
  body: OfExport,
  reply: DONE,
  refusals: [],
});
/** `until` is decided when it is announced, and the same for every repeat. */
export const announceExport = operation({
  ...step,
  id: 'portability.announce-export',
  summary: 'Says that a bag lies ready to be fetched.',
  body: OfExport.extend(SealedBag.shape),
  reply: z.object({ until: Instant }),
  refusals: ['export-ended'],
});
export const recordExportErased = operation({
  ...step,
  id: 'portability.record-export-erased',
  summary: 'Records that nothing of an export is left here.',
  body: OfExport,
  reply: DONE,
  refusals: ['export-ended', 'export-not-ready'],
});
