import type { ReplyOf } from '@freehold/kernel';
import type { Observations, Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { EnvironmentEvent, environments, UnitObservation } from '@freehold/provisioning-contract';
import { environmentAggregate } from '../../aggregates.js';

type EnvironmentRow = ReplyOf<typeof environments.get>['recorded'];

const projection = resourceProjection<EnvironmentRow, EnvironmentEvent>({
  name: 'environment',
  version: 1,
  of: environmentAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'provisioning.environment-requested.v1':
        return { ...NOTHING_ASKED, id: event.subject.id, ...event.data };
      case 'provisioning.environment-desired.v1': {
        const { generation, want } = event.data;
        return row && { ...row, generation, want };
      }
      case 'provisioning.environment-observed.v1': {
        const { generation, state, identity } = event.data;
        return row && { ...row, observedGeneration: generation, state, identity, findings: [] };
      }
      case 'provisioning.environment-failed.v1':
        return row && { ...row, findings: event.data.findings };
      case 'provisioning.drift-repaired.v1':
        return row;
    }
  },
});

const NOTHING_ASKED = {
  generation: 0,
  want: null,
  observedGeneration: 0,
  state: null,
  identity: null,
  findings: [],
};

export const environmentView = viewEntity(projection);

/** What is recorded of it is its row. */
export const environmentRecord = { projection, recorded: (row: EnvironmentRow) => row };

export const environmentResource = (
  observations: Observations<UnitObservation>,
): Resource<EnvironmentRow, EnvironmentRow, UnitObservation> => ({
  view: environmentView,
  ...environmentRecord,
  observed: ({ id }) => observations.of(id),
});
