import { closingConformance } from '../conformance/closing.conformance.js';
import type { BackendHarness } from '../conformance/backend-harness.conformance.js';
import { runtimeBackendConformance } from '../conformance/runtime-backend.conformance.js';
import { MemoryBackend } from './memory-backend.js';
import { MemoryHost } from './memory-host.js';
import { memoryPrograms } from './memory-programs.js';

/** Programs really listen: every host of this file gives out other ports. */
class HighPorts extends MemoryHost {
  static #last = 26_000;

  override nextNumber(): number {
    return (HighPorts.#last += 1);
  }
}

const harness = async (): Promise<BackendHarness> => {
  const host = new HighPorts(memoryPrograms);
  const backend = new MemoryBackend(host);
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
      serve: (port) => ['serve', String(port)],
      reach: (address, port) => ['reach', address, String(port)],
      send: (address, port) => ['send', address, String(port)],
    },
    dispose: async () => {
      await Promise.all([...host.environments.keys()].map((id) => backend.destroy(id)));
    },
  };
};

runtimeBackendConformance('the memory backend', harness);
closingConformance('the memory backend', harness);
