import { actorDocument, type ActorIdentity } from './actor-document.js';
import type { IdentityProbe, ProbeTarget } from './identity-probe.js';
import { instanceApi, type InstanceIdentity } from './instance-api.js';
import { matrixServerKeys, type MatrixServerKeys } from './matrix-server-keys.js';
import { nodeInfoDocument, type NodeInfoIdentity } from './node-info-document.js';
import { webFinger, type WebFingerIdentity } from './webfinger.js';

/** What of a Matrix server stays equal. */
export type MatrixIdentity = {
  [Field in Exclude<keyof MatrixServerKeys, 'validUntil'>]: MatrixServerKeys[Field];
};

export type Identity = MatrixIdentity | WebFingerIdentity | ActorIdentity | NodeInfoIdentity | InstanceIdentity;
export type IdentityKind = Identity['kind'];

/** How an application package declares an identity, with its names filled in. */
export interface IdentityDeclaration {
  readonly kind: IdentityKind;
  /** Of the document: `/users/ada`, `/.well-known/webfinger?resource=acct:ada@ada.example`. Matrix has its own. */
  readonly path: string;
  /** The account that WebFinger is asked for, if `path` does not name it; the server's own by default. */
  readonly resource?: string;
}

/** A declaration with its probe, whose answer is all that must be equal before and after a move. */
export interface DeclaredProbe<Declaration extends IdentityDeclaration> extends IdentityProbe<Identity> {
  readonly declaration: Declaration;
}

/** The ways of asking, by kind. */
const WAYS: Readonly<Record<IdentityKind, (target: ProbeTarget, how: IdentityDeclaration) => Promise<Identity>>> = {
  'matrix-server-keys': async (target) => {
    const { kind, serverName, keys } = await matrixServerKeys(target);
    return { kind, serverName, keys };
  },
  webfinger: (target, { path, resource }) => webFinger(target, resource ?? resourceIn(path)),
  actor: (target, { path }) => actorDocument(target, path),
  nodeinfo: (target, { path }) => nodeInfoDocument(target, path),
  'instance-api': (target, { path }) => instanceApi(target, path),
};

/** Whether this library has a probe of that kind. */
export const isIdentityKind = (kind: string): kind is IdentityKind => Object.hasOwn(WAYS, kind);

/** The probes that a package declares, in its order. */
export function probesFor<Declaration extends IdentityDeclaration>(
  declarations: readonly Declaration[],
): DeclaredProbe<Declaration>[] {
  return declarations.map((declaration) => ({
    kind: declaration.kind,
    declaration,
    probe: (target) => WAYS[declaration.kind](target, declaration),
  }));
}

const resourceIn = (path: string): string | undefined =>
  new URL(path, 'https://server.invalid').searchParams.get('resource') ?? undefined;
