import type { Finding, OperationReply, Permission, Position } from '@freehold/kernel';
import type { ExecuteResult } from '@freehold/log';
import type { Denial } from './authorize.js';

/** What a handler answers; the server makes an `OperationReply` of it. */
export type Outcome<Reply> = Done<Reply> | Checked | Refused | Failed;

export interface Done<Reply> {
  kind: 'done';
  reply: Reply;
  position: Position | null;
  etag: number | null;
  location: string | null;
}
/** Of a `.check`: nothing speaks against it. */
export interface Checked {
  kind: 'checked';
}
export type Refused = Extract<OperationReply, { kind: 'refused' }>;
export type Failed = Extract<OperationReply, { kind: 'failed' }>;

interface Standing {
  /** Where the change, or what is shown, stands in the log. */
  position?: Position | null;
  /** The aggregate's version. */
  etag?: number | null;
  /** Of long work: the path of its process, from `/v1` on. */
  location?: string;
}

export const done = <Reply>(reply: Reply, { position, etag, location }: Standing = {}): Done<Reply> => ({
  kind: 'done',
  reply,
  position: position ?? null,
  etag: etag ?? null,
  location: location ?? null,
});

const refusal = (reason: Refused['reason'], ...findings: readonly Finding[]): Refused => ({
  kind: 'refused',
  reason,
  findings: [...findings],
});

/** All that speaks against it, at once. */
export const refusedWith = (findings: readonly Finding[]): Refused => refusal('invalid', ...findings);

/** The same bytes whether something never existed or belongs to somebody else. */
export const notFound = (): Refused =>
  refusal('not-found', {
    pointer: '',
    code: 'not-found',
    detail: 'There is nothing of this name here.',
    hint: 'Check the address and the ids in it, and whose key you use.',
  });

export const forbidden = (permission: Permission): Refused =>
  refusal('forbidden', {
    pointer: '',
    code: 'permission-missing',
    detail: `Your role lacks the permission ${permission}.`,
    hint: `Use a key whose role has ${permission}, or ask somebody who has one.`,
  });

export const unauthorized = (): Refused =>
  refusal('unauthorized', {
    pointer: '',
    code: 'key-invalid',
    detail: 'No valid key was sent.',
    hint: 'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.',
  });

export const preconditionFailed = (version: number): Refused =>
  refusal('precondition', {
    pointer: '',
    code: 'version-changed',
    detail: `It changed meanwhile; its version is ${version}.`,
    hint: 'Read it again, decide again, and send its new ETag as If-Match.',
  });

/** Something else is under way that excludes this now. */
export const conflict = (findings: readonly Finding[]): Refused => refusal('conflict', ...findings);

export const commandReused = (): Refused =>
  refusal('invalid', {
    pointer: '',
    code: 'idempotency-key-reused',
    detail: 'This Idempotency-Key was used for another request.',
    hint: 'Make a new key for a new request; repeat a key only with the same body.',
  });

export const failed = (reason: Failed['reason'], detail: string): Failed => ({ kind: 'failed', reason, detail });

export function denied(denial: Denial): Refused {
  switch (denial.reason) {
    case 'unauthorized':
      return unauthorized();
    case 'not-found':
      return notFound();
    case 'forbidden':
      return forbidden(denial.permission);
  }
}

/** The answer to a check. */
export const checked = (findings: readonly Finding[]): Checked | Refused =>
  findings.length > 0 ? refusedWith(findings) : { kind: 'checked' };

export interface Change<State> {
  /** Null when the aggregate has no commit and nothing was to be done. */
  position: Position | null;
  version: number;
  state: State;
}

/** What the aggregate store's result means for whoever asked. A repeat answers as the first time did. */
export function answer<State, Reply>(
  result: ExecuteResult<State>,
  reply: (change: Change<State>) => Reply,
  location?: (change: Change<State>) => string,
): Done<Reply> | Refused {
  switch (result.kind) {
    case 'committed': {
      const { position, commit } = result.stored;
      return changed({ position, version: commit.version, state: result.state }, reply, location);
    }
    case 'unchanged':
      return changed(result, reply, location);
    case 'refused':
      return refusedWith(result.findings);
    case 'version-mismatch':
      return preconditionFailed(result.version);
    case 'command-reused':
      return commandReused();
  }
}

const changed = <State, Reply>(
  change: Change<State>,
  reply: (change: Change<State>) => Reply,
  location: ((change: Change<State>) => string) | undefined,
): Done<Reply> =>
  done(reply(change), {
    position: change.position,
    etag: change.version,
    ...(location === undefined ? {} : { location: location(change) }),
  });
