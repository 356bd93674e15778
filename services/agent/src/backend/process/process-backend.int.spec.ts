import { runtimeBackendConformance } from '../conformance/runtime-backend.conformance.js';
import { closingConformance } from '../conformance/closing.conformance.js';
import { processHarness } from './process-backend.fixture.js';

runtimeBackendConformance('the process backend without isolation', () => processHarness('none'));
closingConformance('the process backend without isolation', () => processHarness('none'));
if (process.getuid?.() === 0) {
  runtimeBackendConformance('the process backend as root', () => processHarness('auto'));
  closingConformance('the process backend as root', () => processHarness('auto'));
}
