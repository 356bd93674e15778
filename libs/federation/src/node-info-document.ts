import { z } from 'zod';
import { isSoftwareName } from './domain/node-info.js';
import { byText, identityDocument, JSON_TYPE, mustBeOwn, Text } from './identity-document.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { ProbeFailure } from './probe-failure.js';

/** What software a server says it runs. Its version and its counts change, so they are no part of it. */
export type NodeInfoIdentity = {
  kind: 'nodeinfo';
  serverName: string;
  /** `mastodon`. */
  software: string;
  /** Sorted: `activitypub`. */
  protocols: string[];
};

/** FEP-f1d5: the document at the well-known path. */
const Links = z.object({ links: z.array(z.object({ rel: Text, href: Text })).max(20) });
const Document = z.object({
  version: z.string().regex(/^2\.\d$/),
  software: z.object({ name: Text.refine(isSoftwareName) }),
  protocols: z.array(Text).max(100),
});

const SCHEMA = /^https?:\/\/nodeinfo\.diaspora\.software\/ns\/schema\/2\.(\d)$/;

export const nodeInfoProbe: IdentityProbe<NodeInfoIdentity> = {
  kind: 'nodeinfo',
  probe: (target) => nodeInfoDocument(target),
};

/**
 * Asks for the server's NodeInfo 2.x by the newest of its links. Two exchanges, each within the bounds.
 * @throws ProbeFailure those of `httpGetJson`, `malformed`, `wrong-server`
 */
export async function nodeInfoDocument(target: ProbeTarget, path = '/.well-known/nodeinfo'): Promise<NodeInfoIdentity> {
  const { url, document } = await identityDocument(target, { path, mediaTypes: MEDIA_TYPES, schema: Links });
  const newest = document.links
    .filter(({ rel }) => SCHEMA.test(rel))
    .sort((left, right) => byText(right.rel.slice(-1), left.rel.slice(-1)))[0];
  if (newest === undefined) throw new ProbeFailure('malformed', url, 'has no link to a NodeInfo 2');
  mustBeOwn(target, url, newest.href);
  const { pathname, search } = new URL(newest.href);
  const found = await identityDocument(target, { path: pathname + search, mediaTypes: MEDIA_TYPES, schema: Document });
  const { software, protocols } = found.document;
  return {
    kind: 'nodeinfo',
    serverName: target.serverName,
    software: software.name,
    protocols: [...new Set(protocols)].sort(byText),
  };
}

/** FEP-f1d5 lets the well-known document be a JRD. */
const MEDIA_TYPES = [...JSON_TYPE, 'application/jrd+json'];
