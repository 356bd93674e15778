import type { Problem } from '@freehold/kernel';

/** The API said no, or that it cannot. */
export class ProblemAnswered extends Error {
  override readonly name = 'ProblemAnswered';

  constructor(
    readonly problem: Problem,
    /** Of a change: send it again with this one. */
    readonly idempotencyKey: string | undefined,
  ) {
    super(problem.title);
  }

  /** The last part of the problem's type, such as `outcome-unknown`. */
  get code(): string {
    return this.problem.type.slice(this.problem.type.lastIndexOf('/') + 1);
  }
}

/** The connection did not come about: nobody listens there, its name is not known, its certificate is not accepted. Nothing happened. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
  /** What to type next. */
  readonly hint: string;

  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    const { message, hint } = whyNotReached(address, codeOf(cause));
    super(message, { cause });
    this.hint = hint;
  }
}

const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const NAME_UNKNOWN = new Set(['ENOTFOUND', 'EAI_AGAIN']);
/** Names of OpenSSL's verification errors (X509_verify_cert_error_string(3)), and Node's for a certificate of another name. */
const CERTIFICATE_REFUSED = /^(CERT|CRL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_|^ERR_TLS_CERT/;

/** Whether a failure of `fetch` means that nothing of the request was sent. */
export function wasNotSent(error: unknown): boolean {
  const code = codeOf(error);
  return NOT_CONNECTED.has(code) || NAME_UNKNOWN.has(code) || CERTIFICATE_REFUSED.test(code);
}

function whyNotReached(address: string, code: string): { message: string; hint: string } {
  if (NAME_UNKNOWN.has(code)) {
    const { hostname } = new URL(address);
    const hint = `Check it for a typing error, and what this machine knows: getent hosts ${hostname}. Another one: freehold login`;
    return { message: `The name ${hostname} leads nowhere from here`, hint };
  }
  if (CERTIFICATE_REFUSED.test(code)) {
    const hint =
      'If you trust its authority: NODE_EXTRA_CA_CERTS=<file of that authority> freehold … Otherwise tell the provider.';
    return { message: `The certificate of ${address} is not accepted (${code})`, hint };
  }
  return {
    message: `Nobody answers at ${address}`,
    hint: 'Start the installation: freehold up. Or name another one: freehold login',
  };
}

/** `fetch` puts the connection's failure into `cause`. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

/** The connection broke before the answer came: a change may have happened. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';

  constructor(
    readonly address: string,
    readonly idempotencyKey: string | undefined,
    cause: unknown,
  ) {
    super(`The connection to ${address} broke before the answer came`, { cause });
  }
}
