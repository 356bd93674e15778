import { once } from 'node:events';
import { createServer } from 'node:http';
import type { MemoryProgram, MemoryRun } from './memory-host.js';

/** Small programs for a MemoryHost; the conformance suite uses them. A stopped one exits with 143. */
export const memoryPrograms: Readonly<Record<string, MemoryProgram>> = {
  forever: async (run) => {
    run.print('ready\n');
    return untilStopped(run);
  },
  stubborn: async (run) => {
    run.print('ready\n');
    return new Promise<number>(() => undefined);
  },
  exit: async ({ args, print }) => {
    print('bye\n');
    return Number(args[0] ?? 0);
  },
  lines: async (run) => {
    for (let n = 1; n <= Number(run.args[0]); n++) run.print(`line ${n}\n`);
    return untilStopped(run);
  },
  copy: async ({ stdin, print, complain }) => {
    print(stdin);
    complain('complaint');
    return 0;
  },
  flood: async ({ args, print }) => {
    print('x'.repeat(Number(args[0])));
    return 0;
  },
  variable: async ({ args, environment, print }) => {
    print(environment[args[0] ?? ''] ?? '');
    return 0;
  },
  serve: async (run) => {
    const server = createServer((_, response) => response.end('here'));
    await run.network.listen(server, Number(run.args[0]));
    run.print('ready\n');
    const exitCode = await untilStopped(run);
    server.close();
    server.closeAllConnections();
    return exitCode;
  },
  reach: async ({ args: [host = '', port], network }) =>
    exitCodeOf(network.connect(host, Number(port)).then((socket) => socket.destroy())),
  send: async ({ args: [host = '', port], network }) => exitCodeOf(network.send(host, Number(port))),
};

/** 0: it went well. */
async function exitCodeOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 0,
    () => 1,
  );
}

async function untilStopped({ stopping }: MemoryRun): Promise<number> {
  if (!stopping.aborted) await once(stopping, 'abort');
  return 143;
}
