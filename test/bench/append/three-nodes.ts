import { ensureLogStream } from '@freehold/log';
import { systemEnvironment } from '@freehold/platform';
import { freePort } from '@freehold/supervisor';
import { eventually } from '@freehold/supervisor/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstallationFolder } from '../../kit/installation-folder.js';

export const STREAM = 'LOG_1';
/** Each with a log of its own on the same nodes. */
const ACCOUNTS = ['OURS', 'PEER'] as const;
type Account = (typeof ACCOUNTS)[number];

interface Node {
  readonly name: string;
  readonly port: number;
  readonly clusterPort: number;
}

/** Three nodes of nats-server on this machine and its one disk, which sync before they answer. */
export class ThreeNodes implements AsyncDisposable {
  readonly settings = [
    'NATS: three nodes on one disk, replicas 3, sync_interval: always; clients at the stream’s leader',
  ];

  private constructor(
    private readonly folder: InstallationFolder,
    private readonly nodes: readonly Node[],
  ) {}

  static async start(): Promise<ThreeNodes> {
    const folder = InstallationFolder.make();
    const nodes: Node[] = [];
    for (const name of ['a', 'b', 'c']) nodes.push({ name, port: await freePort(), clusterPort: await freePort() });
    const { FREEHOLD_NATS_SERVER: natsServer = 'nats-server' } = systemEnvironment();
    for (const node of nodes) {
      const file = join(folder.path, `${node.name}.conf`);
      writeFileSync(file, configurationOf(node, nodes, folder.path));
      spawn(natsServer, ['--config', file], { stdio: 'ignore' });
    }
    return new ThreeNodes(folder, nodes);
  }

  /** The account's stream is made if it is not there. */
  async connectToLeader(account: Account): Promise<NatsConnection> {
    const credentials = { user: account, pass: account, waitOnFirstConnect: true, noAsyncTraces: true };
    const servers = this.nodes.map(({ port }) => `127.0.0.1:${port}`);
    const anywhere = await connect({ ...credentials, servers });
    const ensure = () => ensureLogStream(anywhere, { replicas: 3 });
    // The cluster elects its leader first.
    const isThere = () =>
      ensure().then(
        () => true,
        () => false,
      );
    if (!(await eventually(isThere, { timeoutMs: 30_000 }))) await ensure();
    const { cluster } = await (await jetstreamManager(anywhere)).streams.info(STREAM);
    await anywhere.close();
    const leader = this.nodes.find(({ name }) => name === cluster?.leader);
    return connect({ ...credentials, servers: leader === undefined ? servers : `127.0.0.1:${leader.port}` });
  }

  /** Ends the nodes, too: they are known by the folder in their arguments. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.folder.destroy();
  }
}

function configurationOf({ name, port, clusterPort }: Node, nodes: readonly Node[], folder: string): string {
  const routes = nodes.map((node) => `nats-route://127.0.0.1:${node.clusterPort}`);
  const accounts = ACCOUNTS.map(
    (account) => `${account}: { jetstream: enabled, users: [{ user: ${account}, password: ${account} }] }`,
  );
  return `server_name: ${name}
listen: "127.0.0.1:${port}"
cluster { name: bench, listen: "127.0.0.1:${clusterPort}", routes: ${JSON.stringify(routes)} }
jetstream { store_dir: ${JSON.stringify(join(folder, name))}, max_mem: 256MB, max_file: 200GB, sync_interval: always }
accounts { ${accounts.join('\n')} }
`;
}
