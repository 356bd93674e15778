export { keysInBucket } from './buckets/keys-in-bucket.js';
export * from './configuration/configuration.js';
export * from './configuration/describe-configuration.js';
export { systemEnvironment } from './configuration/environment.js';
export * from './logging/logging.js';
export * from './operations/authorize.js';
export * from './operations/sorted-json.js';
export * from './operations/failures.js';
export { Operation, OPERATION_TRANSPORT, type OutcomeOf } from './operations/operation.decorator.js';
export * from './operations/operation.client.js';
export * from './operations/operation.server.js';
export { commandMeta, commandOptions, derivedId, type OperationRequest } from './operations/operation-request.js';
export * from './operations/outcome.js';
export { parseInput } from './operations/admission.js';
export * from './principals/key-files.js';
export {
  type Signer,
  type SignerKeys,
  type SigningKey,
  type PrincipalTokenOptions,
  signPrincipal,
  verifyPrincipal,
} from './principals/principal-token.js';
export { LiveFile, LOOK_EVERY_MS } from './principals/live-file.js';
export { type PublishedKey, type PublishedKeys, publishedKeysIn, signsAt } from './principals/signer-keys-file.js';
export * from './principals/transfer-token.js';
export * from './tracing/span.js';
export * from './tracing/telemetry.js';
export * from './tracing/traceparent.js';
export * from './followers/bookmarks.js';
export { dispositionOf, Unavailable } from './followers/disposition.js';
export { Follower, FOLLOWER_TRANSPORT, type FollowerOptions } from './followers/follower.decorator.js';
export { FollowerServer, type FollowerServerOptions } from './followers/follower.server.js';
export { memoryBookmarks } from './followers/memory-bookmarks.js';
export * from './service/boot-service.js';
export * from './service/health.js';
export { connectToNats } from './service/nats-connection.js';
export { inboxOf, type NatsConnectionOptions } from './service/nats-options.js';
export * from './service/platform-configuration.js';
export * from './service/service.module.js';
export * from './context/context-configuration.js';
export * from './context/context.module.js';
export * from './context/views.js';
export { historyEntry } from './resources/aggregate-commits.js';
export type { Difference } from './resources/changes.js';
export { jsonPatch } from './resources/json-patch.js';
export { replayable, type Replayable, type Replayed } from './resources/replayable.js';
export { untilMoment } from './resources/until-moment.js';
export type { Represented, Resource } from './resources/resource.js';
export { ResourceQueries } from './resources/resource-queries.js';
export { RegularLook } from './service/regular-look.js';
export { Observations } from './observations/observations.js';
export { JobConsumer, type JobConsumerOptions } from './processes/job-consumer.js';
export { JOBS_STREAM } from './processes/jobs.js';
export { type Activities, ACTIVITIES } from './processes/process.operations.js';
export { processPrincipal } from './processes/process-principal.js';
export { processService, replayableProcesses } from './processes/process-service.js';
