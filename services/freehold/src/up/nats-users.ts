import { logPermissions } from '@freehold/log';
import { CONTEXTS, type ContextName } from '@freehold/kernel';
import { inboxOf } from '@freehold/platform';
import type { NatsAccount, NatsUser } from '@freehold/supervisor';
import { vaultSubjects } from '@freehold/vault';
import type { ServiceName } from '../serve/service-registry.js';

/*
 * Who may do what on NATS. One account, the cell; a user per service with what it needs and no more; `admin` is `up`'s
 * alone: it makes streams and buckets.
 */

export const CELL_ACCOUNT = 'CELL';
export const ADMIN = 'admin';

type Access = 'read' | 'write';

export const cellAccount = (services: readonly ServiceName[], host: string): NatsAccount => ({
  name: CELL_ACCOUNT,
  jetstream: true,
  users: [{ name: ADMIN, publish: ['>'], subscribe: ['>'] }, ...services.map((name) => serviceUser(name, host))],
});

/** The user of a service on this host. */
export function serviceUser(service: ServiceName, host: string): NatsUser {
  const common = { publish: ['op.>', '$JS.API.INFO'], subscribe: [`${inboxOf(service)}.>`, `svc.health.${service}`] };
  const own = service === 'gateway' ? gateway : service === 'agent' ? agent(host) : context(service);
  return {
    name: service,
    publish: [...common.publish, ...own.publish],
    subscribe: [...common.subscribe, ...own.subscribe],
    allowResponses: true,
  };
}

type Subjects = Pick<NatsUser, 'publish' | 'subscribe'>;

const gateway: Subjects = { publish: ['svc.health.*'], subscribe: [] };

/** The agent of one host: its own desired state and jobs, packages and zones to read, what it saw last to write. */
const agent = (host: string): Subjects => ({
  publish: [
    '$JS.API.STREAM.INFO.KV_DESIRED',
    // One entry by key: the server cannot limit this to a host's keys; they hold names of secrets only.
    '$JS.API.STREAM.MSG.GET.KV_DESIRED',
    `$JS.API.CONSUMER.CREATE.KV_DESIRED.*.$KV.DESIRED.${host}.*`,
    '$JS.API.CONSUMER.INFO.KV_DESIRED.*',
    '$JS.API.CONSUMER.MSG.NEXT.KV_DESIRED.*',
    '$JS.API.CONSUMER.DELETE.KV_DESIRED.*',
    '$JS.FC.KV_DESIRED.>',
    '$JS.API.STREAM.INFO.KV_OPS',
    '$KV.OPS.observation.*',
    ...objects('PACKAGES'),
    ...bucket('ZONES', 'read'),
    '$JS.API.STREAM.INFO.JOBS',
    `$JS.API.CONSUMER.CREATE.JOBS.agent-${host}.job.${host}.>`,
    `$JS.API.CONSUMER.INFO.JOBS.agent-${host}`,
    `$JS.API.CONSUMER.MSG.NEXT.JOBS.agent-${host}`,
    `$JS.ACK.JOBS.agent-${host}.>`,
  ],
  subscribe: [`agent.${host}.>`],
});

function context(service: Exclude<ServiceName, 'gateway' | 'agent'>): Subjects {
  const appendsTo = CONTEXTS.filter((each): each is ContextName => each === service);
  const log = logPermissions(appendsTo, { inbox: inboxOf(service) });
  return {
    publish: [...log.publish, ...vaultSubjects(), ...bucket('OPS', 'write'), ...particular(service)],
    subscribe: [...log.subscribe, `op.${service}.>`],
  };
}

function particular(service: Exclude<ServiceName, 'gateway' | 'agent'>): string[] {
  switch (service) {
    case 'accounts':
      return [];
    case 'audit':
      return [...bucket('TILES', 'write'), ...CHECKPOINTS];
    case 'catalog':
      return objects('PACKAGES');
    case 'provisioning':
      return [
        ...bucket('DESIRED', 'write'),
        ...bucket('ZONES', 'write'),
        // What a name server answered is taken off the disk when it is answered no longer.
        '$JS.API.STREAM.MSG.DELETE.KV_ZONES',
        ...objects('PACKAGES'),
      ];
    case 'portability':
      return ['job.>', ...JOBS, ...COURIER, ...objects('PACKAGES')];
    case 'deployment':
      return ['job.>', 'agent.>', ...JOBS, ...objects('PACKAGES')];
  }
}

/** Only the audit keeps what it signed; nobody removes it. */
const CHECKPOINTS = ['checkpoint.>', '$JS.API.STREAM.MSG.GET.CHECKPOINTS'];

/** What asking the queue of jobs about itself takes. */
const JOBS = ['$JS.API.STREAM.INFO.JOBS', '$JS.API.STREAM.MSG.GET.JOBS'];

/** Portability takes the errands of its own courier from the queue. */
const COURIER = [
  '$JS.API.CONSUMER.CREATE.JOBS.courier.job.courier.>',
  '$JS.API.CONSUMER.INFO.JOBS.courier',
  '$JS.API.CONSUMER.MSG.NEXT.JOBS.courier',
  '$JS.ACK.JOBS.courier.>',
];

/** What reading a bucket (KV) takes of the API, and writing besides. */
function bucket(name: string, access: Access): string[] {
  return [...readingOf(`KV_${name}`), ...(access === 'write' ? [`$KV.${name}.>`] : [])];
}

const objects = (name: string): string[] => readingOf(`OBJ_${name}`);

const readingOf = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  `$JS.API.CONSUMER.DELETE.${stream}.*`,
  `$JS.FC.${stream}.>`,
];
