import { deployments } from '@freehold/deployment-contract';
import type { Command } from 'commander';
import { lookup } from 'node:dns/promises';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { EXIT } from '../cli/exit-codes.js';
import { deploymentMeant } from '../cli/name-resolution.js';

/** `freehold open`: where it is reached; for names that this machine cannot resolve, the line for its hosts file. */
export const openCommand = (context: CommandContext): Command =>
  command('open <deployment>', {
    summary: 'the address of an application, and how to make its name known to this machine',
    example: 'open chat.freehold.test',
    operator: true,
  }).action(
    withSession(context, async (session, _, [wanted = '']) => {
      const { observed } = await session.ask(deployments.get, await deploymentMeant(session, wanted), {});
      if (observed === null) {
        throw new CommandFailure(
          'Its host has not reported yet',
          `Try again shortly: freehold show ${wanted}`,
          EXIT.unavailable,
        );
      }
      const { hostname } = new URL(observed.address);
      const resolved = await lookup(hostname).then(
        ({ address }) => address,
        () => null,
      );
      const isKnown = resolved === observed.router.address;
      const hostsLine = `${observed.router.address} ${hostname}`;
      session.show({ address: observed.address, router: observed.router, resolves: isKnown, hostsLine }, () =>
        isKnown
          ? observed.address
          : [
              observed.address,
              '',
              `This machine does not know the name yet. Add this line to /etc/hosts:`,
              hostsLine,
              `Or without it: curl --resolve ${hostname}:${observed.router.port}:${observed.router.address} ${observed.address}`,
            ].join('\n'),
      );
    }),
  );
