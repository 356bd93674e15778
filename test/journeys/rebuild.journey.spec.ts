/** Read models of a log that is not short are built by a process of their own; it may be killed, and nothing of it is left. */
import { rebuildAccountsViews, subscriptions } from '@freehold/accounts-contract';
import { rebuildAuditViews, cellLog } from '@freehold/audit-contract';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { adminConnection } from '../kit/admin-connection.js';
import { type Installation, startInstallation } from '../kit/installation.js';
import { commandOf, familyOf } from '../kit/proc.js';
import { type Filled, fillLog } from '../bench/scale/fill.js';

const COMMITS = 6_000;

let installation: Installation;
let filled: Filled;

beforeAll(async () => {
  installation = await startInstallation();
  const connection = await adminConnection(installation.home, 'journey');
  filled = await fillLog(connection, COMMITS, () => undefined);
  await connection.close();
}, 360_000);
afterAll(() => installation.stop(), 60_000);

const builders = (): number[] =>
  familyOf(installation.pid).filter((pid) => commandOf(pid).includes('build-views.program'));

/** Asks for it until it is done, as the command line does. */
async function rebuilt(rebuild: typeof rebuildAccountsViews): Promise<void> {
  let body: { replacing?: number } = {};
  const isComplete = async (): Promise<boolean> => {
    const { complete, replacing } = await installation.client.done(rebuild, { body });
    body = { replacing };
    return complete;
  };
  expect(await eventually(isComplete, { timeoutMs: 180_000 })).toBe(true);
}

const subscription = async (): Promise<unknown> => {
  const { operator, last: after } = filled;
  const { recorded, position } = await installation.client.done(subscriptions.get, {
    params: { operator },
    body: { after },
  });
  return { recorded, position };
};

it('answers as before, although the process was killed meanwhile', async () => {
  const before = await subscription();
  let killed = 0;
  const killing = eventually(
    () => {
      for (const pid of builders()) {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      }
      return killed > 0;
    },
    { timeoutMs: 180_000, intervalMs: 5 },
  );
  await Promise.all([rebuilt(rebuildAccountsViews), rebuilt(rebuildAuditViews), killing]);
  expect(killed).toBeGreaterThan(0);
  expect(await subscription()).toEqual(before);
  const { items } = await installation.client.done(cellLog, { body: { limit: 1 } });
  expect(items[0]?.position).toBe(filled.last);
  expect(await eventually(() => builders().length === 0)).toBe(true);
}, 360_000);
