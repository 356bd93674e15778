// After the last test file, also when tests failed: ends what runs in the run's folder and removes it.
import { endEverythingIn } from './run-folder.mjs';

export default async function endRun() {
  const folder = process.env.FREEHOLD_TEST_GROUND;
  if (folder === undefined) return;
  const leftBehind = await endEverythingIn(folder);
  if (leftBehind.length > 0) throw new Error(`tests left processes running (ended now):\n  ${leftBehind.join('\n  ')}`);
}
