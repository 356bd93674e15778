export {
  Grant,
  Handover,
  Jwk,
  ProviderDescription,
  ProviderOrigin,
  Reopened,
  Return,
  Seal,
  SignedStatement,
  type StatementKind,
} from '@freehold/portability-contract';
export { type AddressPolicy, refusalOf } from './address-policy.js';
export { canonicalJson } from './canonical-json.js';
export { contentDigestOf } from './content-digest.js';
export {
  DESCRIPTION_PATH,
  type DescriptionOptions,
  Descriptions,
  type DescriptionsOptions,
  fetchDescription,
} from './descriptions.js';
export type { ExchangeLimits } from './exchange.js';
export { fetchJson } from './fetch-json.js';
export { grantTextOf, readGrantText } from './grant-text.js';
export type { Resolve } from './guarded-lookup.js';
export { type PeerAnswer, type PeerCall, type PeerClient, peerClient, type PeerClientOptions } from './peer-client.js';
export { knownKey, successorsOf } from './key-chain.js';
export { PeerFailure, type PeerFailureCode } from './peer-failure.js';
export {
  createProviderKey,
  fingerprintOfKid,
  isSignedBy,
  type ProviderKey,
  providerKeyOf,
  ProviderKeyUnusable,
  readProviderKey,
  thumbprintOf,
} from './provider-key.js';
export { describedKeys, type ProviderKeys, providerKeysFrom, signingKey, upcomingKey } from './provider-key-file.js';
export { addProviderKey, tidyProviderKeys } from './provider-key-rotation.js';
export { ACCEPTED_SIGNATURE, SIGNATURE_TAG, signRequest, type UnsignedRequest } from './request-signature.js';
export { type ReceivedRequest, type VerifiedRequest, verifyRequest } from './request-verification.js';
export { openStatement, type PayloadOf, type Signed, signStatement } from './statement.js';
