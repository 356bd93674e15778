import { specificationOf } from '@freehold/decider';
import { describe, it } from '@jest/globals';
import type { HostEvent } from '@freehold/provisioning-contract';
import { hostDecider } from './host.js';

const [one, two] = ['6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001', '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0002'];
const amounts = { memoryBytes: 60, cpuMillis: 500, diskBytes: 100 };
const description = {
  recipient: 'age1x',
  address: '127.0.0.2',
  port: 80,
  dnsPort: 53,
  transferPort: 8444,
  backends: ['process'],
  capacity: { memoryBytes: 100, cpuMillis: 1_000, diskBytes: 1_000 },
  programs: { postgres: 15 },
  closing: true,
};
const joined: HostEvent = { type: 'provisioning.host-joined.v1', data: { name: 'this-host', ...description } };
const reserved = (environment = one): HostEvent => ({
  type: 'provisioning.capacity-reserved.v1',
  data: { environment, amounts },
});
const freed = (environment = one): HostEvent => ({ type: 'provisioning.capacity-freed.v1', data: { environment } });
const join = { type: 'join', name: 'this-host', description } as const;
const reserve = (environment = one) => ({ type: 'reserve', environment, amounts }) as const;
const lowered = (environment = one): HostEvent => ({
  type: 'provisioning.capacity-lowered.v1',
  data: { environment, amounts: { memoryBytes: 0, cpuMillis: 0, diskBytes: amounts.diskBytes } },
});
const lower = (environment = one) => ({ type: 'lower', environment }) as const;
const free = (environment = one) => ({ type: 'free', environment }) as const;

const spec = specificationOf(hostDecider);

describe('a host', () => {
  it('joins once, and says what changed', () => {
    spec.given().when(join).then(joined);
    spec.given(joined).when(join).thenNothing();
    const moved = { ...description, address: '127.0.0.3' };
    spec
      .given(joined)
      .when({ ...join, description: moved })
      .then({ type: 'provisioning.host-changed.v1', data: moved });
    const updated = { ...description, programs: { postgres: 17 } };
    spec
      .given(joined)
      .when({ ...join, description: updated })
      .then({ type: 'provisioning.host-changed.v1', data: updated });
  });

  it('of before can do nothing that it did not say', () => {
    const { programs: _programs, closing: _closing, ...said } = description;
    const old: HostEvent = { type: 'provisioning.host-joined.v1', data: { name: 'this-host', ...said } };
    const poor = { ...description, programs: {}, closing: false };
    spec
      .given(old)
      .when({ ...join, description: poor })
      .thenNothing();
    spec.given(old).when(join).then({ type: 'provisioning.host-changed.v1', data: description });
  });

  it('gives what is free, and names everything that does not fit', () => {
    spec.given(joined).when(reserve()).then(reserved());
    spec.given(joined, reserved()).when(reserve()).thenNothing();
    spec.given(joined, reserved()).when(reserve(two)).thenRefused('memory-too-small');
    spec
      .given(joined)
      .when({ ...reserve(), amounts: { memoryBytes: 101, cpuMillis: 1_001, diskBytes: 1_001 } })
      .thenRefused('memory-too-small', 'processor-too-small', 'disk-too-small');
    spec.given(joined, reserved(), freed()).when(reserve(two)).then(reserved(two));
  });

  it('keeps what is reserved when the machine changes', () => {
    const changed: HostEvent = { type: 'provisioning.host-changed.v1', data: description };
    spec.given(joined, reserved(), changed).when(reserve(two)).thenRefused('memory-too-small');
  });

  it('frees also what was never reserved, and refuses what comes late', () => {
    spec.given(joined).when(free()).then(freed());
    spec.given(joined, freed()).when(free()).thenNothing();
    spec.given(joined, freed()).when(reserve()).thenRefused('capacity-already-freed');
    spec.given(freed(), joined).when(reserve()).thenRefused('capacity-already-freed');
  });

  it('keeps only the disk of what stopped for good, and gives the rest to others', () => {
    spec.given(joined, reserved()).when(lower()).then(lowered());
    spec.given(joined, reserved(), lowered()).when(lower()).thenNothing();
    spec.given(joined).when(lower()).thenNothing();
    spec.given(joined, reserved(), freed()).when(lower()).thenNothing();
    spec.given(joined, reserved(), lowered()).when(reserve(two)).then(reserved(two));
    const large = { ...reserve(two), amounts: { ...amounts, diskBytes: 901 } };
    spec.given(joined, reserved(), lowered()).when(large).thenRefused('disk-too-small');
    spec.given(joined, reserved(), lowered()).when(free()).then(freed());
  });

  it('lets what stopped run again only where there is room for it', () => {
    spec.given(joined, reserved(), lowered()).when(reserve()).then(reserved());
    spec.given(joined, reserved(), lowered(), reserved(two)).when(reserve()).thenRefused('memory-too-small');
  });

  it('that never joined has no place', () => spec.given().when(reserve()).thenRefused('host-unknown'));
});
