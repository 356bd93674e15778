import { MOVE_USAGE, moveCommand } from './move-command.js';
import { say } from './options.js';
import { ORDER_USAGE, orderCommand } from './order-command.js';
import { POWER_USAGE, powerCommand } from './power/power-command.js';

const CAMPAIGNS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  order: orderCommand,
  move: moveCommand,
  power: powerCommand,
};

async function main([campaign = '', ...args]: string[]): Promise<number> {
  const run = CAMPAIGNS[campaign];
  if (run === undefined) throw new RangeError(`a campaign is one of: ${Object.keys(CAMPAIGNS).join(', ')}`);
  return run(args);
}

// What runs is ended when this process exits, and by nothing else.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const usage = `${ORDER_USAGE}\n\n${MOVE_USAGE}\n\n${POWER_USAGE}`;
  say(error instanceof RangeError || isOptionError(error) ? `${error.message}\n\n${usage}` : String(error));
  return 2;
});

function isOptionError(error: unknown): error is TypeError {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
