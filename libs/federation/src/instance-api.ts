import { z } from 'zod';
import { identityDocument, isOwn, isServerName, JSON_TYPE, quoted, Text } from './identity-document.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { ProbeFailure } from './probe-failure.js';

/** What a server tells the apps of its users. */
export type InstanceIdentity = {
  kind: 'instance-api';
  serverName: string;
  /** As the server writes it. */
  domain: string;
  /** The server's Web Push key (VAPID, RFC 8292), to which the users' subscriptions are bound; null if it tells none. */
  vapidPublicKey: string | null;
};

const Vapid = z.object({ public_key: Text.nullish() }).nullish();
/** Mastodon's `V2_Instance`. Title, counts, rules and version may change. */
const Second = z.object({ domain: Text, configuration: z.object({ vapid: Vapid }).nullish() });
/** Mastodon's `V1_Instance`; `uri` is a host in Mastodon, a URL in Pleroma. */
const First = z.object({ uri: Text, configuration: z.object({ vapid: Vapid }).nullish() });

const SECOND = '/api/v2/instance';
const FIRST = '/api/v1/instance';
/** What servers that lack the second version answer. */
const NOT_THERE = new Set([404, 405, 410, 501]);

export const instanceApiProbe: IdentityProbe<InstanceIdentity> = {
  kind: 'instance-api',
  probe: (target) => instanceApi(target),
};

/**
 * Asks Mastodon's API for the instance, in its second version or, where there is none, in its first.
 * @param path of the version to begin with
 * @throws ProbeFailure those of `httpGetJson`, `malformed`, `wrong-server`
 */
export async function instanceApi(target: ProbeTarget, path = SECOND): Promise<InstanceIdentity> {
  const { url, domain, configuration } = path === FIRST ? await first(target) : await second(target, path);
  if (!isServerName(target, domain) && !isOwn(target, domain.includes('://') ? domain : `https://${domain}`)) {
    throw new ProbeFailure('wrong-server', url, `says it is ${quoted(domain)}, not ${quoted(target.serverName)}`);
  }
  const vapidPublicKey = configuration?.vapid?.public_key ?? null;
  return { kind: 'instance-api', serverName: target.serverName, domain, vapidPublicKey };
}

async function second(target: ProbeTarget, path: string) {
  try {
    const { url, document } = await identityDocument(target, { path, mediaTypes: JSON_TYPE, schema: Second });
    return { url, ...document };
  } catch (error) {
    if (error instanceof ProbeFailure && NOT_THERE.has(error.status ?? 0)) return first(target);
    throw error;
  }
}

async function first(target: ProbeTarget) {
  const { url, document } = await identityDocument(target, { path: FIRST, mediaTypes: JSON_TYPE, schema: First });
  return { url, domain: document.uri, configuration: document.configuration };
}
