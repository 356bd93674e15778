export { actorDocument, actorProbe, type ActorIdentity } from './actor-document.js';
export { canonicalJson } from './canonical-json.js';
export {
  isIdentityKind,
  probesFor,
  type DeclaredProbe,
  type Identity,
  type IdentityDeclaration,
  type IdentityKind,
  type MatrixIdentity,
} from './declared-probes.js';
export { actorFindings, actorIdOf, actorUri, type ActorId } from './domain/actor-id.js';
export {
  externalKeyOf,
  federatedUserFindings,
  federationHostFindings,
  type FederatedUser,
  type FederationHost,
} from './domain/federation-host.js';
export { isHostName, normaliseAuthority, normaliseHost } from './domain/host.js';
export { sameIdentity, type Difference } from './domain/identity.difference.js';
export { nodeInfoFindings, type NodeInfo } from './domain/node-info.js';
export { normaliseActorKeyId, normaliseActorUri } from './domain/normalise-uri.js';
export {
  loginNameOf,
  personFindings,
  personIdOf,
  repositoryFindings,
  repositoryIdOf,
  webFingerNameOf,
  type PersonId,
  type RepositoryId,
} from './domain/person-id.js';
export { webFingerFormOf, type WebFingerForm } from './domain/webfinger-form.js';
export { httpGetJson, type HttpGetDocument, type HttpGetOptions, type HttpJson } from './http-get-json.js';
export type { IdentityProbe, ProbeTarget } from './identity-probe.js';
export { instanceApi, instanceApiProbe, type InstanceIdentity } from './instance-api.js';
export type { KeyFingerprint } from './key-fingerprint.js';
export { matrixServerKeys, matrixServerKeysProbe, type MatrixServerKeys } from './matrix-server-keys.js';
export { nodeInfoDocument, nodeInfoProbe, type NodeInfoIdentity } from './node-info-document.js';
export { ProbeFailure, type ProbeFailureCode } from './probe-failure.js';
export { resolveActor, type LookPort } from './resolve-actor.js';
export { serverAccount, webFinger, webFingerProbe, type WebFingerIdentity } from './webfinger.js';
