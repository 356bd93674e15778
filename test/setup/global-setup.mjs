// Before the first test file: a folder for the run. The servers in it start when the first test claims some ground
// (@freehold/supervisor/testing), so that a run of unit tests starts none.
import { findNatsServer } from '../../deploy/bootstrap/nats-server.mjs';
import { sweepNamespaces } from './namespaces.mjs';
import { endEverythingNow, makeRunFolder, sweepAbandonedRuns } from './run-folder.mjs';

export default async function prepareRun() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) throw new Error(`the tests run on Node 24, this is ${process.version}; use npm test`);
  sweepNamespaces();
  await sweepAbandonedRuns();
  const folder = makeRunFolder();
  process.env.FREEHOLD_TEST_GROUND = folder;
  const natsServer = process.env.FREEHOLD_NATS_SERVER ?? findNatsServer()?.path;
  if (natsServer !== undefined) process.env.FREEHOLD_NATS_SERVER = natsServer;
  process.once('exit', () => {
    endEverythingNow(folder);
    sweepNamespaces();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
}
