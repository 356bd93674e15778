import { Id } from '@freehold/kernel';
import { z } from 'zod';

/** `data/deployment.json` of a bag: what the deployment is, without anything secret (docs/protocol/moving-v1.md). */
export const DeploymentDocument = z.object({
  format: z.literal('freehold-deployment/v1'),
  lineage: Id,
  /** Of the tenure under which it ran. A bag gives no tenure: it passes by a handover only. */
  epoch: z.int().positive(),
  tenure: z.literal('none'),
  application: z.string().max(60),
  version: z.string().max(60),
  packageDigest: z.string().max(200),
  plan: z.string().max(60),
  names: z.array(z.object({ purpose: z.string().max(60), name: z.string().max(253) })).max(20),
  /** Without those that are secret: they are in `data/secrets.age`. */
  settings: z.record(z.string().max(100), z.json()),
  hasFirstAdministrator: z.boolean(),
});
export type DeploymentDocument = z.infer<typeof DeploymentDocument>;

/** Inside `data/secrets.age` (age, encrypted to the recipient): secrets by their package's names, and secret settings. */
export const DeploymentSecrets = z.object({
  secrets: z.record(z.string().max(100), z.string().max(65_536)),
  settings: z.record(z.string().max(100), z.json()),
});
export type DeploymentSecrets = z.infer<typeof DeploymentSecrets>;
