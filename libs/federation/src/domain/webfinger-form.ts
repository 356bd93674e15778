import { normaliseHost } from './host.js';

/** A person as people write them: `@user@host`. */
export interface WebFingerForm {
  readonly user: string;
  readonly host: string;
  readonly port: number | null;
}

const FORM = /^(?:acct:|@|(https?):\/\/)?([^@:/?#\s\p{Cc}\\]+)@(\[[^\]]+\]|[^@:/?#\s\\[\]]+)(?::(\d{1,5}))?\/?$/iu;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * What `@user@host`, `user@host`, `acct:user@host` and `https://user@host` say; null for anything else.
 * The user's case stays, as only the server knows whether it matters.
 */
export function webFingerFormOf(input: string): WebFingerForm | null {
  const [, scheme = 'https', user = '', name = '', digits] = FORM.exec(input) ?? [];
  const host = normaliseHost(name);
  const port = digits === undefined ? null : Number(digits);
  if (user === '' || host === null || (port !== null && (port < 1 || port > 65_535))) return null;
  return { user, host, port: port === DEFAULT_PORTS[scheme.toLowerCase()] ? null : port };
}

/** `user@host`, with the port if it is not the usual one. */
export const addressOf = ({ user, host, port }: WebFingerForm): string =>
  `${user}@${host}${port === null ? '' : `:${port}`}`;
