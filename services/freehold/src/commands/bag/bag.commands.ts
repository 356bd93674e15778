/*
 * `freehold bag …`: the portable form on this machine. Neither an installation nor a profile is needed, and a bag may come
 * from anywhere: it is hostile until checked, and nothing is created of one that is not valid.
 *
 * Exit codes: 0 valid, packed, unpacked, equal; 3 the bag is not valid, or cannot be packed or unpacked, with every finding;
 * 4 there is no such folder; 8 the bags differ. A crash leaves `<bag>.packing` or `<folder>.unpacking`, which the next
 * attempt removes.
 */
import { Command } from 'commander';
import type { CommandContext } from '../../cli/command-context.js';
import { checkCommand } from './bag-check.command.js';
import { diffCommand } from './bag-diff.command.js';
import { packCommand } from './bag-pack.command.js';
import { showCommand } from './bag-show.command.js';
import { unpackCommand } from './bag-unpack.command.js';

export function bagCommands(context: CommandContext): Command {
  const group = new Command('bag')
    .summary('the portable form on this machine: pack, check, unpack, compare')
    .description('The portable form (BagIt, RFC 8493) on this machine; needs no installation.');
  for (const each of [packCommand, checkCommand, unpackCommand, diffCommand, showCommand])
    group.addCommand(each(context));
  return group;
}
