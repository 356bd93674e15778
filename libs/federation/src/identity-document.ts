import { z } from 'zod';
import { normaliseAuthority } from './domain/host.js';
import { identityUriOf } from './domain/normalise-uri.js';
import { httpGetJson } from './http-get-json.js';
import type { ProbeTarget } from './identity-probe.js';
import { ProbeFailure } from './probe-failure.js';

/** Text of a document that may become part of an identity: bounded, and with a canonical form. */
export const Text = z
  .string()
  .max(2_048)
  .refine((text) => text.isWellFormed(), 'has a lone surrogate');

export interface Wanted<Document extends z.ZodType> {
  /** With the query: `/.well-known/webfinger?resource=…`. */
  path: string;
  /** The preferred one first. */
  mediaTypes: readonly string[];
  schema: Document;
}

export const JSON_TYPE = ['application/json'] as const;

/**
 * A document of the server, and where it was asked for. Follows three redirects within the server.
 * @throws ProbeFailure those of `httpGetJson`, `malformed`
 */
export async function identityDocument<Document extends z.ZodType>(
  target: ProbeTarget,
  { path, mediaTypes, schema }: Wanted<Document>,
): Promise<{ url: string; document: z.infer<Document> }> {
  const { serverName: _serverName, baseUrl, ...options } = target;
  const url = `${baseUrl.replace(/\/+$/, '')}${path}`;
  const { json } = await httpGetJson(url, { ...options, mediaTypes, maxRedirects: 3 });
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new ProbeFailure('malformed', url, 'is not the document that was asked for', { cause: parsed.error });
  }
  return { url, document: parsed.data };
}

/** Whether a URI of a document lies on the server's own host and port. */
export function isOwn(target: ProbeTarget, uri: string): boolean {
  const [own, other] = [target.publicUrl ?? target.baseUrl, uri].map((text) => identityUriOf(text, ''));
  return own !== null && other !== null && own?.host === other?.host && own?.port === other?.port;
}

/** @throws ProbeFailure `wrong-server` for a URI that lies elsewhere */
export function mustBeOwn(target: ProbeTarget, url: string, uri: string): void {
  if (!isOwn(target, uri)) throw new ProbeFailure('wrong-server', url, `names ${quoted(uri)}, which lies elsewhere`);
}

/** Whether a host of a document is the name by which the server is known. */
export const isServerName = ({ serverName }: ProbeTarget, host: string): boolean =>
  normaliseAuthority(host) !== null && normaliseAuthority(host) === normaliseAuthority(serverName);

export const quoted = (text: string): string => JSON.stringify(text.slice(0, 255));

/** The order of an identity's lists, the same on every machine. */
export const byText = (left: string, right: string): number => (left < right ? -1 : Number(left > right));
