import { domainToASCII, domainToUnicode } from 'node:url';

/*
 * The model of federated identities, after Forgejo's federation architecture: an identity from outside is a URI or a
 * name; it is normalised, then validated, and every object can say all that is wrong with it at once. Pure; nothing is
 * looked up. Invariants: normalising is total and idempotent, and what the world takes for one identity has one form.
 */

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const DELIMITERS = /[\p{Cc}\s/?#@:\\%[\]<>^|]/u;
const NUMBERS_ONLY = /^\d+(?:\.\d+){3}$/;

/**
 * A host in the form in which hosts are compared: A-labels (UTS #46) in lower case, without the root's dot.
 * IPv6 addresses stand in brackets. Null for what is no host.
 */
export function normaliseHost(host: string): string | null {
  if (host.startsWith('['))
    return URL.parse(`http://${host}/`)?.host === host.toLowerCase() ? host.toLowerCase() : null;
  if (DELIMITERS.test(host)) return null;
  const ascii = domainToASCII(host).replace(/\.$/, '');
  if (ascii.length > 253 || !ascii.split('.').every((label) => LABEL.test(label))) return null;
  // What stays an A-label in Unicode is the A-label of nothing that UTS #46 allows.
  return /(?:^|\.)xn--/.test(domainToUnicode(ascii)) ? null : ascii;
}

/** Whether a normalised host is a name, and no address. */
export const isHostName = (host: string): boolean => !host.startsWith('[') && !NUMBERS_ONLY.test(host);

/** `host` or `host:port` in the form in which they are compared; null for what is neither. */
export function normaliseAuthority(authority: string): string | null {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const host = normaliseHost(name);
  if (host === null || port === undefined) return host;
  return Number(port) >= 1 && Number(port) <= 65_535 ? `${host}:${Number(port)}` : null;
}
