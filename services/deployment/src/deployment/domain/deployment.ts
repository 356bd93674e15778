/**
 * A deployment: an application running for an operator. The tenure lives here: nothing starts before secrets,
 * resources and release are in place and the tenure is taken.
 *
 *     none ─order─► ordered ─(secrets, resources, release, tenure)─► live ◄─resume / suspend─► suspended
 *       │              │                                    ▲         └────────retire────┬─────┘
 *       └─undo─► undone ◄─undo                       reopen │ seal         retiring ◄─────┘ ─► retired
 *                                                           ▼
 *                                                         sealed ──leave──► left ──take-back──► live
 *
 * Undoing an order that never arrived leaves `undone`, which refuses everything that comes late.
 * On a crash: nothing is here but a fold of the log.
 */
import type { DeploymentEvent } from '@freehold/deployment-contract';

export type Ordered = Extract<DeploymentEvent, { type: 'deployment.deployment-ordered.v1' }>['data'];

/** What was put in place before the first start. `secrets`: their names; null: not there yet. `epoch` 0: no tenure yet. */
export interface Prepared {
  secrets: readonly string[] | null;
  host: string | null;
  installed: boolean;
  epoch: number;
}

interface Known {
  order: Ordered;
  prepared: Prepared;
  hasFirstAdministrator: boolean;
  /** Departures that came to nothing: a seal of theirs that comes late is refused. */
  reopened: readonly string[];
}
export type Deployment =
  | { status: 'none' }
  | { status: 'undone' }
  | { status: 'retired' }
  | (Known & { status: 'ordered' | 'live' | 'suspended' })
  | (Known & { status: 'retiring'; eraseAt: string })
  | (Known & { status: 'sealed'; departure: string })
  | (Known & { status: 'left'; departure: string; epoch: number; to: string });

const NOTHING_PREPARED: Prepared = { secrets: null, host: null, installed: false, epoch: 0 };

export const initialState = (): Deployment => ({ status: 'none' });

export const evolve = (deployment: Deployment, event: DeploymentEvent): Deployment => {
  if (event.type === 'deployment.deployment-ordered.v1') {
    const fresh = { prepared: NOTHING_PREPARED, hasFirstAdministrator: false, reopened: [] };
    return { status: 'ordered', order: event.data, ...fresh };
  }
  if (event.type === 'deployment.order-undone.v1') return { status: 'undone' };
  if (event.type === 'deployment.retired.v1') return { status: 'retired' };
  return 'order' in deployment ? evolveKnown(deployment, event) : deployment;
};

type KnownEvent = Exclude<
  DeploymentEvent,
  { type: 'deployment.deployment-ordered.v1' | 'deployment.order-undone.v1' | 'deployment.retired.v1' }
>;

const evolveKnown = (deployment: Extract<Deployment, Known>, event: KnownEvent): Deployment => {
  const prepare = (part: Partial<Prepared>): Deployment => ({
    ...deployment,
    prepared: { ...deployment.prepared, ...part },
  });
  switch (event.type) {
    case 'deployment.secrets-prepared.v1':
      return prepare({ secrets: event.data.names });
    case 'deployment.resources-bound.v1':
      return prepare({ host: event.data.host });
    case 'deployment.release-installed.v1':
      return prepare({ installed: true });
    case 'deployment.tenure-taken.v1':
      return prepare({ epoch: event.data.epoch });
    case 'deployment.went-live.v1':
    case 'deployment.resumed.v1':
      return { ...known(deployment), status: 'live' };
    case 'deployment.suspended.v1':
      return { ...known(deployment), status: 'suspended' };
    case 'deployment.job-failed.v1':
    case 'deployment.job-done.v1':
      return deployment;
    case 'deployment.first-administrator-made.v1':
      return { ...deployment, hasFirstAdministrator: true };
    case 'deployment.reconfigured.v1':
      return { ...deployment, order: { ...deployment.order, ...event.data } };
    case 'deployment.retirement-begun.v1':
      return { ...known(deployment), status: 'retiring', eraseAt: event.data.eraseAt };
    case 'deployment.documents-received.v1': {
      const { settings, secretSettings, secrets, hasFirstAdministrator } = event.data;
      const order = { ...deployment.order, settings, secretSettings };
      return { ...deployment, order, prepared: { ...deployment.prepared, secrets }, hasFirstAdministrator };
    }
    case 'deployment.deployment-sealed.v1':
      return { ...known(deployment), status: 'sealed', departure: event.data.departure };
    case 'deployment.deployment-reopened.v1': {
      const reopened = [...deployment.reopened, event.data.departure];
      const isItsSeal = deployment.status === 'sealed' && deployment.departure === event.data.departure;
      return isItsSeal ? { ...known(deployment), status: 'live', reopened } : { ...deployment, reopened };
    }
    case 'deployment.deployment-left.v1':
      return { ...known(deployment), status: 'left', ...event.data };
    case 'deployment.deployment-taken-back.v1': {
      const { departure, epoch } = event.data;
      const reopened = [...deployment.reopened, departure];
      return { ...known(deployment), status: 'live', reopened, prepared: { ...deployment.prepared, epoch } };
    }
  }
};

const known = ({ order, prepared, hasFirstAdministrator, reopened }: Known): Known => ({
  order,
  prepared,
  hasFirstAdministrator,
  reopened,
});
