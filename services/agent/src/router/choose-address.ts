import { createServer } from 'node:net';
import { Claims } from '../backend/process/claims.js';
import { MACHINE_CLAIMS } from '../backend/process/process-backend.options.js';

/** Raised when each of 127.0.0.2 … 127.0.0.254 has something on the port, or belongs to another installation. */
export class NoAddressLeft extends Error {
  override readonly name = 'NoAddressLeft';
  readonly hint = 'choose another port for the router, or remove an installation on this machine';

  constructor(
    readonly port: number,
    cause: unknown,
  ) {
    super(`no loopback address has port ${port} free`, { cause });
  }
}

/** Whose the address will be. */
export interface Claimant {
  /** Of everybody who chooses addresses on this machine. */
  readonly claims: Claims;
  /** The file in which the choice will be kept; while it is there, the address is nobody else's, running or not. */
  readonly record: string;
}

/**
 * The loopback address of an installation on this machine: the first of 127.0.0.2 … 127.0.0.254 that no other one has
 * claimed, and where the port can be bound. It is claimed before it is answered, so two who choose at once choose
 * differently. The caller keeps it: an installation's address must not change.
 */
export async function chooseAddress(port: number, claimant: Claimant): Promise<string> {
  let last: unknown;
  for (let n = 2; n <= 254; n++) {
    const address = `127.0.0.${n}`;
    try {
      await tryToBind(address, port);
    } catch (error) {
      last = error;
      continue;
    }
    if (await claimAddress(address, port, claimant)) return address;
  }
  throw new NoAddressLeft(port, last);
}

/** True when it is, or was already, this claimant's. */
export const claimAddress = (address: string, port: number, { claims, record }: Claimant): Promise<boolean> =>
  claims.take('address', `${address}:${port}`, record);

/** Root's installations meet in one folder of the machine, an ordinary user's in one of this user's. */
export const claimsOnMachine = (ofUser: string): Claims =>
  new Claims(process.getuid?.() === 0 ? MACHINE_CLAIMS : ofUser);

async function tryToBind(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
