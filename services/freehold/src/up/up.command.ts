import { claimsOnMachine } from '@freehold/agent';
import { FolderTakenError } from '@freehold/supervisor';
import { join, resolve } from 'node:path';
import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import type { Surroundings } from '../freehold.config.js';
import { duration } from '../output/durations.js';
import type { Terminal } from '../output/terminal.js';
import { isToBeShown, markShown, rememberInProfile } from './first-key.js';
import { defaultHome } from './home.js';
import { hostWarnings, nameServerPlace } from './host-warnings.js';
import { apiUrl, readInstallation } from './installation.js';
import { logFile } from './log-file.js';
import { type StartedInstallation, startInstallation } from './start-installation.js';
import { publicFaceIn } from './public-face.js';
import { StopRequest } from './stop-request.js';

export interface UpOptions {
  home?: string;
  port?: number;
  address?: string;
  routerPort?: number;
  zone?: string;
  leaveRunning?: boolean;
}

/** Starts an installation and serves until it is told to stop. */
export async function up(options: UpOptions, terminal: Terminal, surroundings: Surroundings): Promise<ExitCode> {
  const startedAt = performance.now();
  const isRoot = process.getuid?.() === 0;
  const home = resolve(options.home ?? defaultHome({ isRoot, dataFolder: surroundings.dataFolder }));
  const { leaveRunning = false } = options;
  const stopRequest = new StopRequest(terminal);
  terminal.out(`Freehold in ${home}`);
  try {
    const started = await startInstallation(
      {
        home,
        natsServer: surroundings.natsServer,
        natsMemoryBytes: surroundings.natsMemoryBytes,
        apiAddress: options.address,
        apiPort: options.port,
        routerPort: options.routerPort,
        zone: options.zone,
        publicFace: publicFaceIn(surroundings.environment),
        claims: claimsOnMachine(join(surroundings.stateFolder, 'claims')),
        leaveRunning,
        signal: stopRequest.signal,
      },
      terminal,
    );
    stopRequest.onForce(started.serverPids);
    rememberInProfile(surroundings.profileFile, { installation: started.installation, home }, started.firstKey);
    const tookMs = performance.now() - startedAt;
    const warnings = [...started.seeded.warnings, ...(await hostWarnings(started.services, started.seeded))];
    const nameServer = await nameServerPlace(started.services);
    sayReady({ started, home, terminal, tookMs, warnings, nameServer }, surroundings);
    await globalThis.gc?.({ type: 'major', execution: 'async' }); // what starting took is given back
    await stopRequest.asked;
    terminal.out(leaveRunning ? 'Stopping; applications go on.' : 'Stopping everything, applications too.');
    const stoppingAt = performance.now();
    await started.stop();
    terminal.out(
      `Stopped (${duration(performance.now() - stoppingAt)}). Nothing is lost; start again with the same command.`,
    );
    return EXIT.ok;
  } catch (error) {
    if (error instanceof FolderTakenError) return sayTaken(error, home, terminal);
    if (stopRequest.signal.aborted && error === stopRequest.signal.reason) {
      terminal.out('Stopped before it was ready.');
      return EXIT.ok;
    }
    throw error;
  } finally {
    stopRequest.dispose();
  }
}

interface Ready {
  started: StartedInstallation;
  home: string;
  terminal: Terminal;
  tookMs: number;
  warnings: readonly string[];
  nameServer: string | null;
}

function sayReady(
  { started, home, terminal, tookMs, warnings, nameServer }: Ready,
  { profileFile, profileIsNamed }: Surroundings,
): void {
  const { installation, firstKey } = started;
  const { bold, dim, yellow } = terminal.colours;
  const { address, routerPort, zone, publicFace } = installation;
  for (const warning of warnings) terminal.out(`  ${yellow('!')} ${warning}`);
  terminal.out(`\n${bold('Freehold serves')} after ${duration(tookMs)}.`);
  terminal.out(`  API           ${apiUrl(installation)}`);
  terminal.out(`  applications  *.${zone} at ${address}:${routerPort}`);
  if (publicFace?.publicUrl !== undefined)
    terminal.out(
      `  for others    ${publicFace.publicUrl}; names at ${publicFace.publicAddress}:${publicFace.publicPort ?? 443}`,
    );
  if (nameServer !== null) terminal.out(`  names         name server at ${nameServer} (UDP and TCP)`);
  terminal.out(`  log           ${logFile(home)}`);
  if (isToBeShown(home)) {
    terminal.out(`  first key     ${firstKey}`);
    terminal.out(dim(`                shown this once, for staff; the command line has it in ${profileFile}`));
    markShown(home);
  }
  terminal.out(`\nNext, in another terminal, in the same folder:`);
  if (profileIsNamed) terminal.out(`  export FREEHOLD_PROFILE="${profileFile}"`);
  terminal.out(`  npx freehold operator register --name "My club" --contact me@example.org --plan small --places 3`);
  terminal.out(`  npx freehold --help`);
  terminal.out(dim('\nCtrl-C stops it.'));
}

function sayTaken({ holder }: FolderTakenError, home: string, terminal: Terminal): ExitCode {
  const installation = readInstallation(home);
  const where = installation === undefined ? '' : ` at ${apiUrl(installation)}`;
  terminal.err(`It runs already${where} (process ${holder.pid}). Use it, or stop it first: kill ${holder.pid}`);
  return EXIT.refused;
}
