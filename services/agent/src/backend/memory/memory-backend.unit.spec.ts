import { runtimeBackendConformance } from '../runtime-backend.conformance.js';
import { MemoryBackend } from './memory-backend.js';
import { MemoryHost } from './memory-host.js';
import { memoryPrograms } from './memory-programs.js';

runtimeBackendConformance('the memory backend', async () => {
  const host = new MemoryHost(memoryPrograms);
  return {
    open: async () => new MemoryBackend(host),
    commands: {
      forever: () => ['forever'],
      stubborn: () => ['stubborn'],
      exit: (code) => ['exit', String(code)],
      lines: (count) => ['lines', String(count)],
      copy: () => ['copy'],
      flood: (bytes) => ['flood', String(bytes)],
      variable: (name) => ['variable', name],
    },
    dispose: async () => undefined,
  };
});
