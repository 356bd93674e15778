import { matrixServerKeys } from '@freehold/federation';
import type { Json } from '@freehold/application-package';
import { Agent, get } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RuntimeBackend } from '../backend/runtime-backend.js';
import type { Configured } from './environment-record.js';

type HttpProbe = Configured['health']['started'];

/** Connects to the ports of one environment, wherever its units run: closed ones are reached too. A connection per request. */
export class UnitAgent extends Agent {
  constructor(
    private readonly backend: Pick<RuntimeBackend, 'dial'>,
    private readonly environment: string,
  ) {
    super({ keepAlive: false });
  }

  override createConnection(
    { port }: { readonly port?: string | number | null | undefined },
    connected?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.backend.dial(this.environment, Number(port)).then(
      (socket) => connected?.(null, socket),
      (error: Error) => (connected as ((error: Error) => void) | undefined)?.(error),
    );
  }
}

/** True when the unit answers with the wanted status. Asked on its own port, without redirects. */
export async function answers({ port, path, status, timeoutMs }: HttpProbe, agent: UnitAgent): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path, agent, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === status);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}

/**
 * What others know the server by, in the form that must stay equal; null for an application without an identity.
 * @throws ProbeFailure when the server does not say, or is another one
 */
export async function probeIdentity(probe: Configured['identity'], agent: UnitAgent): Promise<Json> {
  if (probe === null) return null;
  if (probe.kind !== 'matrix-server-keys') throw new UnknownIdentity(probe.kind);
  const { kind, serverName, keys } = await matrixServerKeys({
    serverName: probe.name,
    baseUrl: `http://127.0.0.1:${probe.port}`,
    agent,
  });
  return { kind, serverName, keys };
}

/** The package asks for an identity probe that this agent does not have. */
export class UnknownIdentity extends Error {
  override readonly name = 'UnknownIdentity';
  readonly hint = 'run an agent of a later version on this host';

  constructor(readonly kind: string) {
    super(`this agent has no identity probe "${kind}"`);
  }
}
