import { systemEnvironment } from '@freehold/platform';
import { freePort } from '@freehold/supervisor';
import { spawn } from 'node:child_process';
import { clone, ensureBuilt } from '../kit/clone.js';
import { exitOf } from '../kit/freehold-command.js';
import { InstallationFolder } from '../kit/installation-folder.js';
import type { BenchOptions, Report } from './bench.js';
import { HEADING, lineOf, seconds, spreadOf } from './rounds.js';

const BAR_MS = 5_000;

/** `npm start` until it says that it serves: the first time in a folder, then again. Packages are installed and built. */
export async function startBench({ rounds, say }: BenchOptions): Promise<Report> {
  await ensureBuilt();
  const folder = InstallationFolder.make();
  try {
    const ports = ['--port', String(await freePort()), '--router-port', String(await freePort())];
    const args = ['start', '--', '--home', folder.home, ...ports];
    const firstMs = await npmStart(args, folder);
    say(`the first start took ${seconds(firstMs)}`);
    const warm: number[] = [];
    for (let n = 1; n <= rounds; n += 1) warm.push(await npmStart(args, folder));
    const spread = spreadOf(warm);
    return {
      bench: 'start',
      bar: 'npm start serves within 5 s when warm',
      reached: spread.median <= BAR_MS,
      lines: [
        HEADING,
        lineOf('first start in a folder', spreadOf([firstMs]), seconds),
        lineOf('warm start', spread, seconds),
      ],
      figures: { firstMs, warm: spread },
    };
  } finally {
    await folder.destroy();
  }
}

/** Milliseconds; stops it again in order. */
async function npmStart(args: readonly string[], { profile }: InstallationFolder): Promise<number> {
  const begun = performance.now();
  const env = { ...systemEnvironment(), FREEHOLD_PROFILE: profile };
  const child = spawn('npm', args, { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = exitOf(child, 120_000);
  let output = '';
  const serving = new Promise<number>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Freehold serves')) resolve(performance.now() - begun);
    });
  });
  const tookMs = await Promise.race([serving, ended]);
  if (!output.includes('Freehold serves')) throw new Error(`npm start ended before it served:\n${output}`);
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  await ended;
  return tookMs;
}
