import { type Finding, findingsOf, type Operation, Position, type Principal } from '@freehold/kernel';
import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import { type SignerKeys, verifyPrincipal } from '../principals/principal-token.js';
import { authorize } from './authorize.js';
import { sortedJson } from './sorted-json.js';
import {
  DEFAULT_TIMEOUT_MS,
  MAX_TIMEOUT_MS,
  PRINCIPAL_HEADER,
  RequestMessage,
  TIMEOUT_HEADER,
  TRACE_HEADER,
} from './operation-message.js';
import { ANONYMOUS, derivedId, type OperationRequest } from './operation-request.js';
import { denied, type Failed, type Refused, refusedWith } from './outcome.js';

export type Admitted =
  | { kind: 'admitted'; request: OperationRequest }
  | { kind: 'answered'; outcome: Refused | Failed; correlation: string };

export interface Arrived {
  row: Operation;
  check: boolean;
  message: Msg;
}

export interface AdmissionOptions {
  signerKeys: SignerKeys;
  /** Keyed digest of a command's content, the same in every replica: `vault.digest('command', text)`. */
  digest: (text: string) => Promise<string>;
}

const Asked = z.object({ after: Position.optional(), at: z.string().optional() });

/** Judges a message in the order that tells strangers least: who, whose, may they, and only then what is wrong with it. */
export async function admit({ row, check, message }: Arrived, options: AdmissionOptions): Promise<Admitted> {
  const sent = parseMessage(message);
  if (!sent.success) return { kind: 'answered', outcome: refusedWith(findingsOf(sent.error)), correlation: '' };
  const { params, body, correlation } = sent.data;
  const token = message.headers?.get(PRINCIPAL_HEADER) ?? '';
  const principal = token === '' ? null : await verifyPrincipal(options.signerKeys, token);
  const denial = authorize(row, principal, params);
  if (denial !== null) return { kind: 'answered', outcome: denied(denial), correlation };
  const input = parseInput(row, params, body);
  if (input.findings.length > 0) return { kind: 'answered', outcome: refusedWith(input.findings), correlation };
  const digest = row.kind === 'command' ? await options.digest(sortedJson({ operation: row.id, params, body })) : '';
  return {
    kind: 'admitted',
    request: requestOf({ row, check, message }, sent.data, { ...input, digest, principal: principal ?? ANONYMOUS }),
  };
}

/** All findings about params and body at once; pointers of params stand below `/params`. */
export function parseInput(row: Operation, params: unknown, body: unknown) {
  const parsedParams = row.params.safeParse(params);
  const parsedBody = row.body.safeParse(body);
  const findings: Finding[] = [
    ...(parsedParams.success ? [] : findingsOf(parsedParams.error, '/params')),
    ...(parsedBody.success ? [] : findingsOf(parsedBody.error)),
  ];
  return { params: parsedParams.data, body: parsedBody.data, findings };
}

interface Judged {
  params: unknown;
  body: unknown;
  digest: string;
  principal: Principal;
}

function requestOf({ row, check, message }: Arrived, sent: RequestMessage, judged: Judged): OperationRequest {
  const asked = row.kind === 'query' ? Asked.safeParse(judged.body).data : undefined;
  return {
    row,
    params: judged.params,
    body: judged.body,
    principal: judged.principal,
    commandId: sent.commandId,
    digest: judged.digest,
    correlation: sent.correlation,
    cause: sent.cause,
    traceparent: message.headers?.get(TRACE_HEADER) || undefined,
    ifMatch: sent.ifMatch,
    check,
    after: asked?.after ?? null,
    at: asked?.at ?? null,
    signal: AbortSignal.timeout(timeoutOf(message)),
    newId: (purpose) => derivedId(sent.commandId, purpose),
  };
}

function parseMessage(message: Msg): z.ZodSafeParseResult<RequestMessage> {
  try {
    return RequestMessage.safeParse(message.json());
  } catch {
    return RequestMessage.safeParse(undefined);
  }
}

/** How long the caller waits, bounded. */
function timeoutOf(message: Msg): number {
  const stated = Number(message.headers?.get(TIMEOUT_HEADER));
  return Number.isFinite(stated) && stated > 0 ? Math.min(stated, MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
}
