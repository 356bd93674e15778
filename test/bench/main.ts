/**
 * `npm run bench -- <name> [--rounds n] [--json]`: our figure and the peer's from one run on this machine, with their
 * spread. Never a timed test: the machine decides. Ends with 1 when the bar of design and issue is not reached.
 */
import { arch, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchOptions, Report } from './bench.js';
import { idleBench } from './idle.bench.js';
import { orderBench } from './order.bench.js';
import { startBench } from './start.bench.js';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Report>>> = {
  order: orderBench,
  idle: idleBench,
  start: startBench,
};
const USAGE = `npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--rounds n (default 5)] [--json]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});

// The exit handlers of test/kit end what runs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const bench = BENCHES[positionals[0] ?? ''];
const rounds = Number(values.rounds);
if (bench === undefined || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  const report = await bench({ rounds, say: (line) => void process.stderr.write(`… ${line}\n`) });
  process.stdout.write(values.json ? jsonOf(report) : textOf(report));
  process.exitCode = report.reached ? 0 : 1;
}

function textOf({ bench: name, bar, reached, lines }: Report): string {
  const head = `${name} on ${machine()}`;
  return `\n${[head, ...lines, `bar: ${bar}: ${reached ? 'reached' : 'NOT reached'}`].join('\n')}\n`;
}

function jsonOf({ bench: name, bar, reached, figures }: Report): string {
  return `${JSON.stringify({ bench: name, machine: machine(), bar, reached, figures }, undefined, 2)}\n`;
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}
