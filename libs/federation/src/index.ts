export { canonicalJson } from './canonical-json.js';
export { httpGetJson, type HttpGetOptions, type HttpJson } from './http-get-json.js';
export type { IdentityProbe, ProbeTarget } from './identity-probe.js';
export { matrixServerKeys, matrixServerKeysProbe, type MatrixServerKeys } from './matrix-server-keys.js';
export { ProbeFailure, type ProbeFailureCode } from './probe-failure.js';
