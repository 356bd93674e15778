import { isIdentityKind, probesFor } from '@freehold/federation';
import type { Json } from '@freehold/application-package';
import { Agent, get } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
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
 * What others know the application by, in the form that must stay equal: null for one without an identity, a list for one
 * with several, in the order in which its package declares them.
 * @throws ProbeFailure when the application does not say, or is another one
 */
export async function probeIdentity(declared: Configured['identity'], agent: UnitAgent): Promise<Json> {
  const known = declared.map(({ kind, ...rest }) => {
    if (!isIdentityKind(kind)) throw new UnknownIdentity(kind);
    return { kind, ...rest };
  });
  const identities = await Promise.all(
    probesFor(known).map(({ declaration: { name: serverName, port, publicUrl }, probe }) =>
      probe({
        ...{ serverName, baseUrl: `http://127.0.0.1:${port}`, agent },
        ...(publicUrl === '' ? {} : { publicUrl }),
      }),
    ),
  );
  const [one = null] = identities;
  return identities.length > 1 ? z.json().parse(identities) : one && z.json().parse(one);
}

/** The package asks for an identity probe that this agent does not have. */
export class UnknownIdentity extends Error {
  override readonly name = 'UnknownIdentity';
  readonly hint = 'run an agent of a later version on this host';

  constructor(readonly kind: string) {
    super(`this agent has no identity probe "${kind}"`);
  }
}
