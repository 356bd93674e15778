import type { DeploymentEvent, DeploymentRecorded } from '@freehold/deployment-contract';
import { resourceProjection, type SourceEvent, viewEntity } from '@freehold/projection';
import type { Enciphered } from '@freehold/kernel';
import type { z } from 'zod';
import { deploymentAggregate } from '../../aggregates.js';

type Recorded = z.infer<typeof DeploymentRecorded>;

export interface DeploymentRow extends Omit<Recorded, 'operator' | 'names'> {
  names: { purpose: string; id: string; name: Enciphered }[];
  /** Whose seal it is under. */
  departure: string | null;
}

export const deploymentProjection = resourceProjection<DeploymentRow, DeploymentEvent>({
  name: 'deployment',
  version: 2,
  of: deploymentAggregate,
  evolve: (row, event) => {
    if (event.type === 'deployment.deployment-ordered.v1') return ordered(event);
    return row && changed(row, event);
  },
});

type Ordered = Extract<DeploymentEvent, { type: 'deployment.deployment-ordered.v1' }>;

const ordered = ({ data, subject, at }: SourceEvent<Ordered>): DeploymentRow => {
  const { lineage, application, version, plan, environment, names, settings } = data;
  return {
    id: subject.id,
    ...{ lineage, application, version, plan, environment, names, settings },
    status: 'ordered',
    host: null,
    epoch: 0,
    identity: null,
    departure: null,
    hasFirstAdministrator: false,
    eraseAt: null,
    orderedAt: at,
  };
};

const changed = (row: DeploymentRow, event: Exclude<DeploymentEvent, Ordered>): DeploymentRow => {
  switch (event.type) {
    case 'deployment.secrets-prepared.v1':
    case 'deployment.release-installed.v1':
    case 'deployment.job-failed.v1':
    case 'deployment.job-done.v1':
      return row;
    case 'deployment.resources-bound.v1':
      return { ...row, host: event.data.host };
    case 'deployment.tenure-taken.v1':
      return { ...row, epoch: event.data.epoch };
    case 'deployment.went-live.v1':
      return { ...row, status: 'live', identity: event.data.identity };
    case 'deployment.first-administrator-made.v1':
      return { ...row, hasFirstAdministrator: true };
    case 'deployment.reconfigured.v1':
      return { ...row, settings: event.data.settings };
    case 'deployment.suspended.v1':
      return { ...row, status: 'suspended' };
    case 'deployment.resumed.v1':
      return { ...row, status: 'live' };
    case 'deployment.retirement-begun.v1':
      return { ...row, status: 'retiring', eraseAt: event.data.eraseAt };
    case 'deployment.retired.v1':
      return { ...row, status: 'retired' };
    case 'deployment.order-undone.v1':
      return { ...row, status: 'undone' };
    case 'deployment.documents-received.v1':
    case 'deployment.deployment-sealed.v1':
    case 'deployment.deployment-reopened.v1':
    case 'deployment.deployment-left.v1':
    case 'deployment.deployment-taken-back.v1':
      return moved(row, event);
  }
};

type MoveEvent = Extract<
  DeploymentEvent,
  {
    type:
      | 'deployment.documents-received.v1'
      | 'deployment.deployment-sealed.v1'
      | 'deployment.deployment-reopened.v1'
      | 'deployment.deployment-left.v1'
      | 'deployment.deployment-taken-back.v1';
  }
>;

const moved = (row: DeploymentRow, event: MoveEvent): DeploymentRow => {
  switch (event.type) {
    case 'deployment.documents-received.v1': {
      const { settings, hasFirstAdministrator } = event.data;
      return { ...row, settings, hasFirstAdministrator };
    }
    case 'deployment.deployment-sealed.v1':
      return { ...row, status: 'sealed', departure: event.data.departure };
    case 'deployment.deployment-reopened.v1':
      return row.departure === event.data.departure ? { ...row, status: 'live', departure: null } : row;
    case 'deployment.deployment-left.v1':
      return { ...row, status: 'left' };
    case 'deployment.deployment-taken-back.v1':
      return { ...row, status: 'live', departure: null, epoch: event.data.epoch };
  }
};

export const deploymentView = viewEntity(deploymentProjection);
