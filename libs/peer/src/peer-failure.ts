import type { Finding } from '@freehold/kernel';

/**
 * - `unreachable`, `timed-out`: perhaps later.
 * - `name-unknown`: its name leads nowhere, as far as is known here; perhaps later.
 * - `certificate-refused`: who answers there cannot show to be it; nothing was sent.
 * - `refused-address`: its address may not be asked from here, whatever it would answer.
 * - `not-a-provider`: it answers, but not what a provider answers.
 * - `too-large`: more than it may send.
 * - `refused`: it answers with a refusal.
 */
export type PeerFailureCode =
  | 'unreachable'
  | 'timed-out'
  | 'name-unknown'
  | 'certificate-refused'
  | 'refused-address'
  | 'not-a-provider'
  | 'too-large'
  | 'refused';

const HINTS: Readonly<Record<PeerFailureCode, string>> = {
  unreachable: 'Check that the provider is up and reached from here, then try again.',
  'timed-out': 'The provider may be busy; try again later.',
  'name-unknown':
    'Check the name for a typing error, and that it resolves on the machine of this provider: dig <name>.',
  'certificate-refused':
    'Its provider renews or corrects the certificate, with the whole chain. If it is of a private authority, this provider starts Freehold with NODE_EXTRA_CA_CERTS=<file of that authority>.',
  'refused-address':
    'Other providers are asked over https at public addresses; loopback addresses only by an embedded installation.',
  'not-a-provider': 'Check the address: it must be the origin of a provider that serves /.well-known/freehold.',
  'too-large': 'The provider answers more than this protocol allows; tell the people who run it.',
  refused: 'Read what the provider says; it must be settled there.',
};

export interface PeerFailureOptions extends ErrorOptions {
  hint?: string;
  findings?: readonly Finding[];
}

/** Another provider could not be asked, or answered what it may not. The message never repeats what it sent. */
export class PeerFailure extends Error {
  readonly hint: string;
  readonly findings: readonly Finding[];

  constructor(
    readonly code: PeerFailureCode,
    readonly peer: string,
    what: string,
    { hint = HINTS[code], findings = [], cause }: PeerFailureOptions = {},
  ) {
    super(`${peer}: ${what}`, cause === undefined ? {} : { cause });
    this.name = 'PeerFailure';
    this.hint = hint;
    this.findings = findings;
  }
}
