import type { Finding } from '@freehold/kernel';
import type { NatsConnection } from '@nats-io/transport-node';
import { backOff, deadlineIn } from './backoff.js';
import { type ApiAnswer, askApi } from './jetstream-request.js';
import { streamOf } from './volumes.js';

interface ClusterAnswer extends ApiAnswer {
  cluster?: { replicas?: readonly Replica[] };
}
interface Replica {
  name: string;
  current: boolean;
  offline?: boolean;
  /** Since when nothing was heard of it, in ns. */
  active: number;
}

/** A replica is heard of each second; the server itself says for ten seconds more that one which is gone is current. */
const SILENT_NS = 2_500_000_000;

/** The names of a volume's other replicas, as its leader knows them: none where there is one server. @throws LogUnavailable */
export async function replicasOf(connection: NatsConnection, volume: number): Promise<readonly Replica[]> {
  const { cluster } = await askApi<ClusterAnswer>(connection, `STREAM.INFO.${streamOf(volume)}`);
  return cluster?.replicas ?? [];
}

/**
 * Why a volume must not be closed now: a replica of it is away or behind. One that was just made is given some time.
 *
 * @throws LogUnavailable
 */
export async function replicasBehind(connection: NatsConnection, volume: number, patienceMs = 0): Promise<Finding[]> {
  const deadline = deadlineIn(patienceMs);
  for (let attempt = 1; ; attempt += 1) {
    const behind = (await replicasOf(connection, volume)).filter(isBehind);
    if (behind.length === 0) return [];
    if (!(await backOff(attempt, deadline))) return behind.map(({ name }) => replicaBehind(name, volume));
  }
}

const isBehind = ({ current, offline, active }: Replica): boolean => !current || offline === true || active > SILENT_NS;

const replicaBehind = (name: string, volume: number): Finding => ({
  pointer: '',
  code: 'replica-not-current',
  detail: `The node ${name} is away, or lacks something of volume ${volume}: a volume ends only while all of its replicas are there.`,
  hint: 'Start that node and wait until it has caught up, or replace it in the streams for good (nats stream cluster peer-remove). The open volume goes on meanwhile.',
});
