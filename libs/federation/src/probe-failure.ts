const HINTS = {
  unreachable: 'See whether the server runs and answers at this address.',
  'timed-out': 'The server answers too slowly; try again, or look at its load.',
  'too-large': 'This is not the document that was asked for; see what answers at this address.',
  'wrong-status': 'The server answers, but not with this document; see its log and its route.',
  'wrong-type': 'Another document answers at this address; see its route and the version of the software.',
  'not-json': 'Something else answers at this address; see its route.',
  'redirect-elsewhere': 'The server sends visitors to another host; see its configured name and web domain.',
  'redirect-loop':
    'The server redirects without end; see its configured name, and whether it believes the proxy’s scheme.',
  malformed: 'The server’s document is not as the specification says; see its version.',
  'wrong-server': 'Another server answers at this address; see its route and its configured name.',
  'key-not-owned': 'The key does not name the actor as its owner; do not trust it, and see the software’s version.',
  'signature-missing': 'The document must be signed by each of the keys that it lists.',
  'signature-invalid': 'Somebody altered the document, or the server’s clock of keys is wrong; do not trust it.',
  expired: 'The keys’ validity has passed; see the clocks of both machines.',
} as const;

export type ProbeFailureCode = keyof typeof HINTS;

/** Why a server's identity could not be established. `code` is for programs. */
export class ProbeFailure extends Error {
  readonly hint: string;
  /** The HTTP status of a `wrong-status`. */
  readonly status: number | undefined;

  constructor(
    readonly code: ProbeFailureCode,
    readonly url: string,
    detail: string,
    options: ErrorOptions & { status?: number } = {},
  ) {
    super(`${url}: ${detail}`, options);
    this.name = 'ProbeFailure';
    this.hint = HINTS[code];
    this.status = options.status;
  }
}
