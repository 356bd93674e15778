import { Agent } from 'node:https';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { clone } from '../clone.js';
import { agentFetch } from '../router-agent.js';
import type { Internet } from './internet.js';

/** Lets this Node process speak as somebody at a machine: names are looked up there, connections begin there. */
export class Doorstep {
  private constructor(
    private readonly path: string,
    private readonly authority: Buffer,
  ) {}

  static async open(internet: Internet, machine: string): Promise<Doorstep> {
    const path = join(internet.folder, `${machine}.socket`);
    const program = [process.execPath, join(clone, 'test', 'kit', 'machines', 'doorstep-program.mjs'), path];
    await internet.serve(internet.machine(machine), program, /^ready$/m);
    return new Doorstep(path, readFileSync(internet.authority.file));
  }

  /**
   * Over HTTPS only; trusts the net's authority; a connection for each request.
   * @param at an address at which all names are, whatever name servers say
   */
  fetch(at?: string): typeof globalThis.fetch {
    const agent = new Agent({ keepAlive: false });
    agent.createConnection = ({ host, port }): Duplex => {
      const socket = connect({ path: this.path });
      socket.write(`${at ?? String(host)}:${port}\n`);
      return connectTls({ socket, servername: String(host), ca: this.authority });
    };
    return agentFetch(agent);
  }
}
