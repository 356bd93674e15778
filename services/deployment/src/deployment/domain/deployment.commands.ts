import type { z } from 'zod';
import type { DeploymentEvent, Job, reportJobOutcome } from '@freehold/deployment-contract';
import type { BodyOf } from '@freehold/kernel';
import type { Ordered } from './deployment.js';

type Json = z.infer<ReturnType<typeof z.json>>;
type JobOutcome = BodyOf<typeof reportJobOutcome>['outcome'];
type Documents = Extract<DeploymentEvent, { type: 'deployment.documents-received.v1' }>['data'];
type Identity = Extract<DeploymentEvent, { type: 'deployment.went-live.v1' }>['data']['identity'];

/** What may be asked of a deployment. Times and ids come in with the command. */
export type DeploymentCommand =
  | { type: 'order'; order: Ordered }
  | { type: 'undo-order' }
  | { type: 'record-secrets'; names: string[] }
  | { type: 'bind-resources'; host: string }
  | { type: 'record-job'; job: Job; outcome: JobOutcome }
  | { type: 'take-tenure'; epoch: number; handover: Json }
  | { type: 'record-live'; generation: number; identity: Identity }
  | { type: 'reconfigure'; settings: Record<string, Json>; secretSettings: string[] }
  | { type: 'suspend' }
  | { type: 'resume' }
  | { type: 'begin-retirement'; eraseAt: string }
  | { type: 'record-retired' }
  | ({ type: 'receive-documents' } & Documents)
  | { type: 'seal'; departure: string }
  | { type: 'reopen'; departure: string }
  | { type: 'leave'; departure: string; to: string }
  | { type: 'take-back'; departure: string; epoch: number };
