import { isTlsPort } from '@freehold/provisioning-contract';
import type { AgentConfig } from '../agent.config.js';

/** Where others reach the names of this host: what zones answer, and where other providers hand requests on to. */
export interface PublicPlace {
  readonly address: string;
  readonly port: number;
  /** A program in front of the router takes HTTPS, and says whom a request came from. */
  readonly isBehindTls: boolean;
}

/** The configured place; without one the router is reached itself. */
export function publicPlaceOf(
  { publicAddress, publicPort }: Pick<AgentConfig, 'publicAddress' | 'publicPort'>,
  router: { readonly address: string; readonly port: number },
): PublicPlace {
  if (publicAddress === undefined) return { address: router.address, port: router.port, isBehindTls: false };
  return { address: publicAddress, port: publicPort, isBehindTls: isTlsPort(publicPort) };
}
