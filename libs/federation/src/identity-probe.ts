import type { HttpGetOptions } from './http-get-json.js';

/*
 * Federation: what the federated world believes a server to be. A probe asks from outside, as a stranger would, and
 * checks the proof that comes with the answer. It keeps nothing and changes nothing; a crash loses nothing.
 * Before and after a move the same probe must give the same identity (design/moving.md).
 */

export interface ProbeTarget extends HttpGetOptions {
  /** The name under which others know the server (`ada.example`), not necessarily the host of `baseUrl`. */
  serverName: string;
  /** Where it answers: `http://ada.freehold.test:8080`. */
  baseUrl: string;
  /**
   * The origin under which the server speaks of itself (`https://social.ada.example`), if it is not `baseUrl`, as when
   * it is asked on its own port or socket. Requests carry its host and scheme; its links must lead there.
   */
  publicUrl?: string;
}

/** One way in which servers state who they are. */
export interface IdentityProbe<Identity extends { kind: string; serverName: string }> {
  readonly kind: Identity['kind'];
  /** @throws ProbeFailure */
  probe(target: ProbeTarget): Promise<Identity>;
}
