import type { DeploymentEvent } from '@freehold/deployment-contract';

type Identity = Extract<DeploymentEvent, { type: 'deployment.went-live.v1' }>['data']['identity'];

/** What the world knew it by when it went live here, enciphered. @param events of its newest commit first */
export function identityIn(events: readonly DeploymentEvent[]): Identity {
  for (const { type, data } of events) if (type === 'deployment.went-live.v1') return data.identity;
  return null;
}
