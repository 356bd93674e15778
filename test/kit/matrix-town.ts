import { randomBytes } from 'node:crypto';
import { MatrixPerson } from './matrix-person.js';

interface Server {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
}

/** Two people in a room of their own, on a Matrix server that has nobody yet but its first administrator. */
export class MatrixTown {
  private constructor(
    readonly server: Server,
    readonly room: string,
    readonly ada: MatrixPerson,
    readonly grace: MatrixPerson,
  ) {}

  static async settle(
    server: Server,
    first: { readonly user: string; readonly password: string },
  ): Promise<MatrixTown> {
    const user = first.user.replace(/^@/, '').split(':')[0] ?? '';
    const administrator = await MatrixPerson.signIn(server, { user, password: first.password });
    const signIn = async (name: string) => {
      const account = { user: name, password: randomBytes(12).toString('base64url') };
      await administrator.createAccount(account);
      return MatrixPerson.signIn(server, account);
    };
    const [ada, grace] = [await signIn('ada'), await signIn('grace')];
    administrator.leave();
    const room = await ada.createRoom('The club', grace);
    await grace.join(room);
    return new MatrixTown(server, room, ada, grace);
  }

  leave(): void {
    for (const person of [this.ada, this.grace]) person.leave();
  }
}
