import {
  deploymentCatalogue,
  firstAdministratorMade,
  jobFailed,
  releaseInstalled,
} from '@freehold/deployment-contract';
import { type Await, oneOf } from '@freehold/process';

/** Ends with the event that carries this very job's id. */
export const jobEnds = (wanted: {
  job: string;
  operator: string;
  deployment: string;
  timeoutMs: number;
}): Await<{ job: string }> => ({
  interestedIn: [oneOf(deploymentCatalogue, { operator: wanted.operator, id: wanted.deployment })],
  timeoutMs: wanted.timeoutMs,
  matches: ({ type, data }) => {
    if (data['job'] !== wanted.job) return undefined;
    switch (type) {
      case releaseInstalled.type:
      case firstAdministratorMade.type:
        return { kind: 'succeeded', output: { job: wanted.job } };
      case jobFailed.type:
        return { kind: 'failed', findings: jobFailed.data.parse(data).findings };
      default:
        return undefined;
    }
  },
});
