/*
 * `freehold log …`: the volumes of the log (docs/provider/growth-of-the-log.md). On the machine of the installation, by the
 * administrator's key in its folder.
 */
import { Command } from 'commander';
import { command, type CommandContext, withoutSession } from '../cli/command-context.js';
import type { VolumesOptions } from '../volumes/volumes.command.js';

export function logCommands(context: CommandContext): Command {
  const group = new Command('log').summary('volumes of the log').description('The volumes of the log.');
  const volumes = command('volumes', { summary: 'what each holds, and what is left', example: 'log volumes' });
  const newVolume = command('new-volume', {
    summary: 'close the newest volume for ever and begin the next; nobody notices',
    example: 'log new-volume',
  });
  volumes.action(
    withoutSession<VolumesOptions>(context, async (options) => {
      const { showVolumes } = await import('../volumes/volumes.command.js');
      return showVolumes(options, context);
    }),
  );
  newVolume.action(
    withoutSession<VolumesOptions>(context, async (options) => {
      const { newVolume: begin } = await import('../volumes/volumes.command.js');
      return begin(options, context);
    }),
  );
  for (const each of [volumes, newVolume])
    group.addCommand(each.option('--home <folder>', 'the installation’s folder'));
  return group;
}
