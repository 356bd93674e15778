import { normaliseHost } from './host.js';
import { uriCustomOf } from './software.js';

/** A normalised URI in its parts; `port` is null for the scheme's own. `fragment` has no `#` and may be empty. */
export interface IdentityUri {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number | null;
  readonly path: string;
  readonly fragment: string;
}

/** C0 controls, blanks and backslashes are no part of a URI (RFC 3986); the parser of the web would mend them. */
const NOT_IN_A_URI = /[\p{Cc}\s\\]/u;

/**
 * The parts of a URI that is an identity, normalised: lower case where the software (`source`) ignores case, no dot
 * segments, parameters, user information or default port, Forgejo's API path with its version (rules 1 to 3 and 5 to 8
 * of Forgejo's), hosts as A-labels without a trailing dot, percent-encoding after RFC 3986, 6.2.2.
 * Null for what is no http(s) URI with a host, and for the WebFinger form (rule 4), whose actor must be looked up first.
 */
export function identityUriOf(input: string, source: string): IdentityUri | null {
  if (NOT_IN_A_URI.test(input) || !/^https?:\/\/[^/]/i.test(input)) return null;
  const url = URL.parse(input.toWellFormed());
  const host = url === null ? null : normaliseHost(url.hostname);
  if (url === null || host === null || url.port === '0' || isWebFingerForm(url)) return null;
  return {
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    host,
    port: url.port === '' ? null : Number(url.port),
    path: normalisePath(url.pathname, source),
    fragment: normaliseEncoding(url.hash.slice(1)),
  };
}

/** An actor's URI in the form in which it is compared. */
export function normaliseActorUri(input: string, source: string): string | null {
  const uri = identityUriOf(input, source);
  return uri === null ? null : uriOf(uri);
}

/** The same of the id of an actor's key, in which the fragment (`#main-key`) stays. */
export function normaliseActorKeyId(input: string, source: string): string | null {
  const uri = identityUriOf(input, source);
  if (uri === null) return null;
  return uri.fragment === '' ? uriOf(uri) : `${uriOf(uri)}#${uri.fragment}`;
}

/** Scheme, host, port and path as one string. */
export function uriOf({
  scheme,
  host,
  port,
  path,
}: Omit<IdentityUri, 'fragment' | 'scheme'> & { scheme: string }): string {
  return `${scheme}://${host}${port === null ? '' : `:${port}`}${path}`;
}

/** `https://user@host`: a user and nothing behind the host. With a password it is an authorisation, which goes. */
const isWebFingerForm = ({ username, password, pathname }: URL): boolean =>
  username !== '' && password === '' && pathname === '/';

function normalisePath(path: string, source: string): string {
  const { ignoresCase, defaultApi } = uriCustomOf(source);
  const encoded = normaliseEncoding(path);
  const cased = ignoresCase ? upperCaseEncoding(encoded.toLowerCase()) : encoded;
  if (defaultApi === null || !cased.startsWith(defaultApi.short)) return cased;
  return defaultApi.full + cased.slice(defaultApi.short.length);
}

const PERCENT = /%[0-9a-f]{2}/gi;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const NOT_PCHAR = /%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/giu;

/** RFC 3986, 6.2.2.1 and 6.2.2.2: unreserved characters as they are, all others that need it encoded in upper case. */
function normaliseEncoding(text: string): string {
  return text.replace(NOT_PCHAR, encoded).replace(PERCENT, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return UNRESERVED.test(character) ? character : triplet.toUpperCase();
  });
}

/** Also of what `encodeURIComponent` leaves alone. */
const encoded = (character: string): string =>
  [...new TextEncoder().encode(character)]
    .map((octet) => `%${octet.toString(16).padStart(2, '0').toUpperCase()}`)
    .join('');

const upperCaseEncoding = (text: string): string => text.replace(PERCENT, (triplet) => triplet.toUpperCase());
