import { once } from 'node:events';
import { createServer } from 'node:http';
import { openNetwork } from '../backend/memory/memory-network.js';
import type { MemoryProgram } from '../backend/memory/memory-host.js';

/** Programs of the test application, for a MemoryHost: real HTTP, no OS process. */
export const applicationPrograms: Readonly<Record<string, MemoryProgram>> = {
  /** `serve <port> <greeting>`: answers every path. */
  serve: async ({ args, stopping, print, network }) => {
    const [port, greeting] = args;
    const server = createServer((_, response) => response.end(greeting));
    await network.listen(server, Number(port));
    print(`listens with ${greeting}\n`);
    if (!stopping.aborted) await once(stopping, 'abort');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return 143;
  },
  gone: async () => 3,
  idle: async ({ stopping }) => {
    if (!stopping.aborted) await once(stopping, 'abort');
    return 143;
  },
  /** Hooks: one that fails, and those that fail in the wrong network. */
  '/bin/sh': async ({ args, network }) => {
    const is = (script: string) => args[0]?.endsWith(`/${script}.sh`) === true;
    const inWrongNetwork = network === openNetwork ? is('wants-closed') : is('wants-open');
    return is('failing') || inWrongNetwork ? 1 : 0;
  },
};
