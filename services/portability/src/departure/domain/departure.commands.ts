import type { DepartureEvent } from '@freehold/portability-contract';
import type { SignedHandover, SignedReopened, SignedReturn, SignedSeal, Way } from './departure.js';

type Data<Type extends DepartureEvent['type']> = Extract<DepartureEvent, { type: Type }>['data'];
export interface Peer {
  provider: string;
  kid: string;
}

/** What may be asked of a departure. Times, ids and everything signed come in with the command. */
export type DepartureCommand =
  | ({ type: 'grant' } & Data<'portability.departure-granted.v1'>)
  | { type: 'bind'; by: Peer; recipient: string; nonce: string; at: string }
  | { type: 'confirm'; matches: boolean }
  | { type: 'ask-seal'; at: string; captureMs: number }
  | { type: 'publish-seal'; seal: SignedSeal }
  | { type: 'extend'; of: 'sealing' | 'sealed'; at: string; extensionMs: number }
  | { type: 'expect-tenure' }
  | ({ type: 'ask-tenure'; at: string } & Way)
  | ({ type: 'abandon' } & Data<'portability.departure-abandoned.v1'>)
  | { type: 'expire'; at: string }
  | { type: 'record-reopened'; reopened: SignedReopened | null }
  | { type: 'hand-over'; handover: SignedHandover }
  | { type: 'expect-opened' }
  | { type: 'record-opened' }
  | { type: 'record-home-answer'; job: string; redirected: boolean }
  | { type: 'require-return' }
  | { type: 'return'; return: SignedReturn }
  | ({ type: 'record-erased' } & Data<'portability.departure-erased.v1'>);
