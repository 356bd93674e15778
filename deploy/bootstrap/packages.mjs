// node_modules: as package-lock.json says.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { node, readStamp, root, writeStamp } from './places.mjs';
import { hostPath, run, SetupError, step } from './programs.mjs';

export async function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (readStamp('packages')?.lock === lock && existsSync(node)) return;
  if (!installedByHand()) {
    await step('installing the npm packages: npm ci', () => installFromLock());
  }
  if (!existsSync(node)) {
    const remedy = 'Freehold runs on Linux with x86-64 or arm64; npm ci must not omit optional packages';
    throw new SetupError(`there is no Node 24 for ${process.platform}-${process.arch} in node_modules. ${remedy}`);
  }
  writeStamp('packages', { lock });
}

/** npm replaces its own Node in node_modules/.bin while it runs, so it gets the host's. */
async function installFromLock() {
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, env: { ...process.env, PATH: hostPath() } });
}

/** Somebody ran npm ci or npm install themselves after the lock last changed. */
function installedByHand() {
  const written = statSync(join(root, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false });
  return (
    written !== undefined && existsSync(node) && written.mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
  );
}
