/**
 * `npm run bench -- <name> [--rounds n] [--json] [--full]`: our figure and the peer's from one run on this machine, with their
 * spread. Never a timed test: the machine decides. Ends with 1 when the bar of design and issue is not reached.
 */
import { arch, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { appendBench } from './append/append.bench.js';
import type { BenchOptions, Report } from './bench.js';
import { rebuildBench } from './cell/rebuild.bench.js';
import { idleBench } from './idle.bench.js';
import { loadBench } from './load/load.bench.js';
import { moveBench } from './move/move.bench.js';
import { orderBench } from './order.bench.js';
import { proofsBench } from './proofs/proofs.bench.js';
import { replayBench } from './replay/replay.bench.js';
import { scaleBench } from './scale/scale.bench.js';
import { startBench } from './start.bench.js';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Report>>> = {
  order: orderBench,
  idle: idleBench,
  start: startBench,
  move: moveBench,
  append: appendBench,
  proofs: proofsBench,
  scale: scaleBench,
  load: loadBench,
  replay: replayBench,
  rebuild: rebuildBench,
};
const USAGE = `npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--rounds n (default 5)] [--json]
append: [--cluster], on three nodes
scale: [--commits 1000000], ten an aggregate, or --full: 10000000
replay, rebuild, idle: [--commits 1000000]
load: [--aggregates 10000,50000], or --full: 10000,100000,1000000
move: [--gigabytes 1] [--files 1062] [--rows 100000], or --full: 10 GB in 10625 files and 1000000 rows`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    gigabytes: { type: 'string', default: '1' },
    files: { type: 'string', default: '1062' },
    rows: { type: 'string', default: '100000' },
    commits: { type: 'string', default: '1000000' },
    aggregates: { type: 'string', default: '10000,50000' },
  },
});

// The exit handlers of test/kit end what runs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const bench = BENCHES[positionals[0] ?? ''];
const rounds = Number(values.rounds);
const given = { gigabytes: Number(values.gigabytes), files: Number(values.files), rows: Number(values.rows) };
const sizes = values.full ? { gigabytes: 10, files: 10_625, rows: 1_000_000 } : given;
const commits = values.full ? 10_000_000 : Number(values.commits);
const aggregates = (values.full ? '10000,100000,1000000' : values.aggregates).split(',').map(Number);
const wholes = [rounds, sizes.files, sizes.rows, commits, ...aggregates];
if (bench === undefined || !(sizes.gigabytes > 0) || !wholes.every((n) => Number.isInteger(n) && n > 0)) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  const report = await bench({
    rounds,
    commits,
    sizes,
    aggregates,
    cluster: values.cluster,
    say: (line) => void process.stderr.write(`… ${line}\n`),
  });
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
