import { Command } from 'commander';
import type { CommandContext } from '../cli/command-context.js';
import { wholeNumber } from '../cli/command-context.js';
import type { DoctorOptions } from '../doctor/doctor.command.js';
import type { ServeOptions } from '../serve/serve.command.js';
import type { UpOptions } from '../up/up.command.js';

const PORT = wholeNumber(1, 65_535);

/** `freehold up`: a whole installation on this machine. */
export const upCommand = ({ terminal, surroundings, finish }: CommandContext): Command =>
  new Command('up')
    .summary('start an installation on this machine, and serve until Ctrl-C')
    .description('Starts NATS, PostgreSQL and all services for one folder, and serves until Ctrl-C.')
    .option('--home <folder>', 'the installation’s folder')
    .option('--port <n>', 'port of the API (8420, or the last one)', PORT)
    .option('--address <address>', 'address on which the API listens (the installation’s own loopback address)')
    .option('--router-port <n>', 'port of applications, of a new installation (8008)', PORT)
    .option('--zone <domain>', 'domain of the names given out, of a new installation (freehold.test)')
    .option('--leave-running', 'at the end applications go on')
    .addHelpText(
      'after',
      '\nTo be reached from other machines: FREEHOLD_PUBLIC_URL and others, docs/provider/behind-https.md' +
        '\nExample:\n  $ freehold up --home /var/lib/freehold/mine --leave-running',
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('../up/up.command.js');
      finish(await up(options, terminal, surroundings));
    });

/** `freehold serve`: services whose servers run elsewhere. */
export const serveCommand = ({ terminal, surroundings, finish }: CommandContext): Command =>
  new Command('serve')
    .summary('run services whose NATS and PostgreSQL run elsewhere')
    .description('Runs the named services, all unless named, in one Node process until it is told to stop.')
    .argument('[services...]', 'accounts, catalog, provisioning, deployment, audit, agent, gateway')
    .option('--installation <file>', 'take their configuration from this installation.json, not from the environment')
    .addHelpText(
      'after',
      '\nExample:\n  $ freehold serve accounts catalog --installation /var/lib/freehold/mine/installation.json',
    )
    .action(async (services: string[], options: ServeOptions) => {
      const { serve } = await import('../serve/serve.command.js');
      finish(await serve(services, options, { terminal, surroundings }));
    });

/** `freehold doctor`: what is wrong, and what to do about it. */
export const doctorCommand = ({ terminal, surroundings, finish }: CommandContext): Command =>
  new Command('doctor')
    .summary('look at this machine and at what runs, with remedies')
    .description('Looks at versions, disk, services, followers, hosts and work, and says what to do.')
    .option('--home <folder>', 'the installation’s folder')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ freehold doctor')
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('../doctor/doctor.command.js');
      finish(await doctor(options, terminal, surroundings));
    });
