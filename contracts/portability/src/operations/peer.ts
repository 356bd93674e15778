import { NeededProgram } from '@freehold/deployment-contract';
import { Id, Instant, operation } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderOrigin } from '../provider.js';
import { MoveId, signed } from '../statements.js';

/**
 * What the target asks of the source: docs/protocol/moving-v1.md. Every request is signed (RFC 9421) with a key of the
 * target's description, and after the first carries the departure's nonce. A repeat gets the same answer.
 */
const peer = { scope: 'peer', permission: 'move:peer', since: '0.2.0' } as const;
const OfMove = z.object({ move: MoveId });

/** What the target is shown of a deployment before it takes it. Everything but names and sizes only once it is confirmed. */
export const Offer = z.object({
  departure: Id,
  nonce: z.string(),
  confirmed: z.boolean(),
  clock: Instant.describe('the source’s; only it judges the grant'),
  deployment: Id,
  application: z.string(),
  version: z.string(),
  plan: z.string(),
  sizeBytes: z.number().nullable(),
  /** Programs that a host must have for it. */
  programs: z.array(NeededProgram).default([]),
  /** `via`: the provider in whose zone the name is, its home. The first is the one under which it is opened. */
  names: z
    .array(z.object({ purpose: z.string(), name: z.string(), via: ProviderOrigin }))
    .min(1)
    .max(20),
  lineage: Id,
  epoch: z.int().positive(),
  identity: z.json().nullable(),
});
export type Offer = z.infer<typeof Offer>;

export const inspectDeparture = operation({
  ...peer,
  id: 'portability.inspect-departure',
  kind: 'command',
  http: { method: 'POST', path: '/v1/moves/inspect' },
  summary: 'Binds a grant to who brings it first, and shows what there is.',
  params: z.object({}),
  body: z.strictObject({ grant: signed('grant') }),
  reply: Offer,
  refusals: ['grant-invalid', 'grant-expired', 'grant-of-another', 'departure-ended', 'statement-signature-wrong'],
});

/** How far it is at the source: what the target waits for. */
export const DepartureStanding = z.object({
  status: z.enum([
    'granted',
    'bound',
    'sealing',
    'sealed',
    'leaving',
    'handed-over',
    'reopening',
    'reopened',
    'returned',
    'erased',
  ]),
  seal: signed('seal').nullable(),
  deadline: Instant.nullable(),
  handover: signed('handover').nullable(),
  reopened: signed('reopened').nullable(),
});
export type DepartureStanding = z.infer<typeof DepartureStanding>;

export const departureStanding = operation({
  ...peer,
  id: 'portability.departure-standing',
  kind: 'query',
  http: { method: 'GET', path: '/v1/moves/{move}' },
  summary: 'How far a departure is.',
  params: OfMove,
  body: z.object({}),
  reply: DepartureStanding,
  refusals: [],
});

export const openTransfer = operation({
  ...peer,
  id: 'portability.open-transfer',
  kind: 'query',
  http: { method: 'GET', path: '/v1/moves/{move}/transfer' },
  summary: 'Where the state is fetched from, with a token for a short time.',
  params: OfMove,
  body: z.object({}),
  reply: z.object({ url: z.url(), token: z.string(), expires: Instant }),
  refusals: ['departure-unconfirmed', 'departure-abandoned', 'departure-ended', 'host-silent'],
});

const change = <Name extends string, Body extends z.ZodType>(
  name: Name,
  row: { path: string; summary: string; body: Body; refusals: readonly string[] },
) =>
  operation({
    ...peer,
    id: `portability.${name}`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/moves/{move}/${row.path}` },
    summary: row.summary,
    params: OfMove,
    body: row.body,
    reply: DepartureStanding,
    refusals: row.refusals,
  });

export const askSeal = change('ask-seal', {
  path: 'seal',
  summary: 'Asks the source to stop the application for the final copy.',
  body: z.strictObject({}),
  refusals: ['departure-unconfirmed', 'departure-ended', 'grant-expired'],
});
export const tellProgress = change('tell-progress', {
  path: 'progress',
  summary: 'Says how far the copy is; the seal’s deadline moves with it.',
  body: z.strictObject({ bytes: z.number().nonnegative(), files: z.number().nonnegative() }),
  refusals: [],
});
export const askTenure = change('ask-tenure', {
  path: 'tenure',
  summary: 'Asks for the tenure: everything is restored and compared. Answered by a handover, or that it was reopened.',
  body: z.strictObject({ address: z.string().max(100), port: z.int().min(1).max(65_535) }),
  refusals: ['departure-not-sealed', 'place-refused'],
});
export const abandonDeparture = change('abandon-departure', {
  path: 'abandon',
  summary: 'Says that it comes to nothing. Not after the tenure was asked for: then the source decides.',
  body: z.strictObject({}),
  refusals: ['tenure-already-asked'],
});
export const tellOpened = change('tell-opened', {
  path: 'opened',
  summary: 'Says that it is live at the target: the tenure cannot come back by a return any more.',
  body: z.strictObject({}),
  refusals: ['departure-not-handed-over'],
});
export const returnTenure = change('return-tenure', {
  path: 'return',
  summary: 'Gives the tenure back: it never opened.',
  body: z.strictObject({ return: signed('return') }),
  refusals: ['return-invalid', 'statement-signature-wrong'],
});
