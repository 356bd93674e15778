import { readSurroundings } from './freehold.config.js';
import { runWithFlags } from './up/process-flags.js';

const args = process.argv.slice(2);
if (args[0] === 'up') runWithFlags(readSurroundings().environment);
const { runCommandLine } = await import('./cli/command-line.js'); // not before it is known that it runs here
process.exitCode = await runCommandLine(args);
