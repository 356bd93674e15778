export { FolderTakenError, takeLock } from './folder-lock.js';
export { freePort, portIsFree } from './free-port.js';
export { startGround, type Ground } from './ground.js';
export type {
  DatabaseConnection,
  GroundOptions,
  NatsAccount,
  NatsOptions,
  NatsUser,
  PostgresOptions,
} from './ground.options.js';
export { natsSeedFile } from './nats-keys.js';
export { checkNatsVersion, NatsServerUnusableError, oldestNatsVersion } from './nats-server.js';
export { isAlive, ownIdentity, processStartTime, type ProcessIdentity } from './os-process.js';
export type { DatabaseRequest } from './postgres-databases.js';
export type { ServerStatus } from './server-keeper.js';
