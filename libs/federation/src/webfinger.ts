import { z } from 'zod';
import { webFingerFormOf } from './domain/webfinger-form.js';
import { byText, identityDocument, isOwn, isServerName, mustBeOwn, quoted, Text } from './identity-document.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { ProbeFailure } from './probe-failure.js';

/** Whom an account's name means. */
export type WebFingerIdentity = {
  kind: 'webfinger';
  serverName: string;
  /** `acct:ada@ada.example`. */
  subject: string;
  /** Sorted. */
  aliases: string[];
  /** Those by which others find and follow the account, sorted; `target` is `href` or `template`. */
  links: { rel: string; type: string | null; target: string }[];
};

/** RFC 7033, 4.4: the JSON Resource Descriptor. */
const Descriptor = z.object({
  subject: Text,
  aliases: z.array(Text).max(100).optional(),
  links: z
    .array(z.object({ rel: Text, type: Text.nullish(), href: Text.nullish(), template: Text.nullish() }))
    .max(100)
    .optional(),
});

/** The links that the federated world keeps. Others, such as that of an avatar, change from day to day. */
const KEPT = new Set([
  'self',
  'http://webfinger.net/rel/profile-page',
  'http://ostatus.org/schema/1.0/subscribe',
  'http://openid.net/specs/connect/1.0/issuer',
]);

export const webFingerProbe: IdentityProbe<WebFingerIdentity> = {
  kind: 'webfinger',
  probe: (target) => webFinger(target),
};

/** The account of the server itself, which Mastodon and GoToSocial have under the server's name. */
export const serverAccount = (serverName: string): string => `acct:${serverName}@${serverName}`;

export const webFingerPath = (resource: string): string =>
  `/.well-known/webfinger?resource=${encodeURIComponent(resource)}`;

/**
 * Asks the server whom an account's name means (RFC 7033), and checks that it speaks of that account and of its own actor.
 * @param resource `acct:user@server`, or a URI of the server
 * @throws ProbeFailure those of `httpGetJson`, `malformed`, `wrong-server`
 */
export async function webFinger(
  target: ProbeTarget,
  resource = serverAccount(target.serverName),
): Promise<WebFingerIdentity> {
  const { url, document } = await identityDocument(target, {
    path: webFingerPath(resource),
    mediaTypes: ['application/jrd+json', 'application/json'],
    schema: Descriptor,
  });
  const links = (document.links ?? [])
    .filter(({ rel }) => KEPT.has(rel))
    .map(({ rel, type, href, template }) => ({ rel, type: type ?? null, target: href ?? template ?? '' }))
    .sort((left, right) => byText(JSON.stringify(left), JSON.stringify(right)));
  if (!isSubject(target, resource, document.subject)) {
    throw new ProbeFailure('wrong-server', url, `speaks of ${quoted(document.subject)}, not of ${quoted(resource)}`);
  }
  for (const { rel, target: uri } of links) if (rel === 'self') mustBeOwn(target, url, uri);
  const aliases = [...(document.aliases ?? [])].sort(byText);
  return { kind: 'webfinger', serverName: target.serverName, subject: document.subject, aliases, links };
}

/** The account that was asked for, under the name of this server; or a URI of it. */
function isSubject(target: ProbeTarget, resource: string, subject: string): boolean {
  const [asked, answered] = [webFingerFormOf(resource), webFingerFormOf(subject)];
  if (answered === null) return isOwn(target, subject);
  const host = answered.port === null ? answered.host : `${answered.host}:${answered.port}`;
  const sameUser = asked === null || asked.user.toLowerCase() === answered.user.toLowerCase();
  return sameUser && isServerName(target, host);
}
