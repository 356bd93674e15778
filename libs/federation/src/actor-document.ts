import { z } from 'zod';
import { normaliseActorUri } from './domain/normalise-uri.js';
import { byText, identityDocument, mustBeOwn, quoted, Text } from './identity-document.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { multikeyFingerprint, pemFingerprint, type KeyFingerprint } from './key-fingerprint.js';
import { ProbeFailure } from './probe-failure.js';

/** Who signs for an actor, and where it is reached. */
export type ActorIdentity = {
  kind: 'actor';
  serverName: string;
  id: string;
  /** `Person`, `Application` … */
  type: string;
  preferredUsername: string | null;
  /** Null where a server tells strangers the key only, as GoToSocial does. */
  inbox: string | null;
  outbox: string | null;
  followers: string | null;
  /** Sorted by `id`, each with the fingerprint of its public key (see `KeyFingerprint`). At least one. */
  keys: { id: string; algorithm: string; fingerprint: string }[];
};

const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).max(20)]).nullish();
const Pem = z.object({ id: Text, owner: Text.optional(), publicKeyPem: Text.max(8_192) });
/** FEP-521a; methods of other types, and those that are only named, say no key. */
const Method = z.object({
  id: Text,
  type: z.literal('Multikey'),
  controller: Text.optional(),
  publicKeyMultibase: Text,
});
const Actor = z.object({
  id: Text,
  type: z.union([Text, z.array(Text).max(10)]),
  preferredUsername: Text.nullish(),
  inbox: Text.nullish(),
  outbox: Text.nullish(),
  followers: Text.nullish(),
  publicKey: oneOrMore(Pem),
  assertionMethod: oneOrMore(z.unknown()),
});
type Actor = z.infer<typeof Actor>;

/** A key as the document has it, before it is believed. */
interface ClaimedKey {
  id: string;
  owner: string | undefined;
  fingerprint: () => KeyFingerprint;
}

/** The probe of the actor at a path. */
export const actorProbe = (path: string): IdentityProbe<ActorIdentity> => ({
  kind: 'actor',
  probe: (target) => actorDocument(target, path),
});

/**
 * Asks for an actor (ActivityPub, 3.2) and checks that the actor and its keys are this server's and that each key names
 * it as its owner. JSON-LD is read in the compact form in which all known software writes it.
 * @param path of the actor: `/users/ada`, `/actor`
 * @throws ProbeFailure those of `httpGetJson`, `malformed`, `wrong-server`, `key-not-owned`
 */
export async function actorDocument(target: ProbeTarget, path: string): Promise<ActorIdentity> {
  const { url, document } = await identityDocument(target, {
    path,
    mediaTypes: ['application/activity+json', 'application/ld+json'],
    schema: Actor,
  });
  mustBeOwn(target, url, document.id);
  for (const uri of [document.inbox, document.outbox]) if (uri) mustBeOwn(target, url, uri);
  const claimed = [...pemKeys(document), ...multikeys(url, document)];
  if (claimed.length === 0) throw new ProbeFailure('malformed', url, 'has no public key');
  const keys = claimed
    .map((key) => believed(target, url, document.id, key))
    .sort((left, right) => byText(left.id, right.id));
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new ProbeFailure('malformed', url, 'has two keys of the same id');
  }
  return {
    kind: 'actor',
    serverName: target.serverName,
    id: document.id,
    type: list(document.type).sort(byText).join(' '),
    preferredUsername: document.preferredUsername ?? null,
    inbox: document.inbox ?? null,
    outbox: document.outbox ?? null,
    followers: document.followers ?? null,
    keys,
  };
}

const pemKeys = ({ publicKey }: Actor): ClaimedKey[] =>
  list(publicKey).map(({ id, owner, publicKeyPem }) => ({
    id,
    owner,
    fingerprint: () => pemFingerprint(publicKeyPem),
  }));

function multikeys(url: string, { assertionMethod }: Actor): ClaimedKey[] {
  return list(assertionMethod)
    .filter((method) => z.object({ type: z.literal('Multikey') }).safeParse(method).success)
    .map((method) => {
      const parsed = Method.safeParse(method);
      if (!parsed.success)
        throw new ProbeFailure('malformed', url, 'has a Multikey of wrong form', { cause: parsed.error });
      const { id, controller, publicKeyMultibase } = parsed.data;
      return { id, owner: controller, fingerprint: () => multikeyFingerprint(publicKeyMultibase) };
    });
}

function believed(target: ProbeTarget, url: string, actor: string, key: ClaimedKey): ActorIdentity['keys'][number] {
  mustBeOwn(target, url, key.id);
  if (normaliseActorUri(key.owner ?? '', '') !== normaliseActorUri(actor, '')) {
    throw new ProbeFailure('key-not-owned', url, `the key ${quoted(key.id)} is not said to be of ${quoted(actor)}`);
  }
  try {
    return { id: key.id, ...key.fingerprint() };
  } catch (error) {
    throw new ProbeFailure('malformed', url, `the key ${quoted(key.id)} cannot be read`, { cause: error });
  }
}

const list = <Item>(value: Item | Item[] | null | undefined): Item[] => {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? [...value] : [value];
};
