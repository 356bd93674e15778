/**
 * A machine on which environments are made. Its reserved capacity is part of the aggregate, so that two orders at
 * once cannot overbook it. Capacity freed before it was reserved leaves a mark that refuses what comes late. What stopped
 * for good keeps its disk only; to run again it has to reserve the rest, if that is still free.
 */
import { accepted, acceptedUnless, refused, type Decider, type Decision } from '@freehold/decider';
import type { Finding } from '@freehold/kernel';
import type { Amounts, HostCapabilities, HostEvent } from '@freehold/provisioning-contract';
import { isDeepStrictEqual } from 'node:util';
import { findingsOfPlacement, freeOf } from '../../placement/domain/placement.js';

export interface Description extends HostCapabilities {
  recipient: string;
  address: string;
  port: number;
  /** Of its name server, at the same address; null: it has none. */
  dnsPort: number | null;
  /** Of its transfer listener, at the same address; null: it has none. */
  transferPort: number | null;
  backends: string[];
  capacity: Amounts;
}

export type Host =
  | { status: 'unknown'; freed: ReadonlySet<string> }
  | {
      status: 'joined';
      name: string;
      description: Description;
      reserved: ReadonlyMap<string, Amounts>;
      freed: ReadonlySet<string>;
    };

export type HostCommand =
  | { type: 'join'; name: string; description: Description }
  | { type: 'reserve'; environment: string; amounts: Amounts }
  | { type: 'lower'; environment: string }
  | { type: 'free'; environment: string };

const evolve = (host: Host, event: HostEvent): Host => {
  switch (event.type) {
    case 'provisioning.host-joined.v1':
      return described(host, event.data.name, event.data);
    case 'provisioning.host-changed.v1':
      return host.status === 'joined' ? described(host, host.name, event.data) : host;
    case 'provisioning.capacity-reserved.v1':
    case 'provisioning.capacity-lowered.v1': {
      if (host.status !== 'joined') return host;
      return { ...host, reserved: new Map(host.reserved).set(event.data.environment, event.data.amounts) };
    }
    case 'provisioning.capacity-freed.v1': {
      const freed = new Set(host.freed).add(event.data.environment);
      if (host.status !== 'joined') return { ...host, freed };
      const reserved = new Map(host.reserved);
      reserved.delete(event.data.environment);
      return { ...host, reserved, freed };
    }
  }
};

const described = (host: Host, name: string, said: Described): Host => ({
  status: 'joined',
  name,
  description: descriptionIn(said),
  reserved: host.status === 'joined' ? host.reserved : new Map<string, Amounts>(),
  freed: host.freed,
});

function descriptionIn(said: Described): Description {
  const { recipient, address, port, backends, capacity } = said;
  const { dnsPort = null, transferPort = null, programs = {}, closing = false } = said;
  return { recipient, address, port, dnsPort, transferPort, backends, capacity, programs, closing };
}
type Described = Extract<HostEvent, { type: 'provisioning.host-changed.v1' }>['data'];

const decide = (command: HostCommand, host: Host): Decision<HostEvent> => {
  switch (command.type) {
    case 'join':
      return join(command, host);
    case 'reserve':
      return reserve(command, host);
    case 'lower':
      return lower(command, host);
    case 'free':
      return host.freed.has(command.environment)
        ? accepted()
        : accepted({ type: 'provisioning.capacity-freed.v1', data: { environment: command.environment } });
  }
};

const join = ({ name, description }: Extract<HostCommand, { type: 'join' }>, host: Host): Decision<HostEvent> => {
  if (host.status === 'unknown') {
    return accepted({ type: 'provisioning.host-joined.v1', data: { name, ...description } });
  }
  return isDeepStrictEqual(host.description, description)
    ? accepted()
    : accepted({ type: 'provisioning.host-changed.v1', data: description });
};

const reserve = (
  { environment, amounts }: Extract<HostCommand, { type: 'reserve' }>,
  host: Host,
): Decision<HostEvent> => {
  if (host.status === 'unknown') return refused(hostUnknown);
  if (host.freed.has(environment)) return refused(capacityAlreadyFreed);
  const { [environment]: own = NOTHING, ...others } = Object.fromEntries(host.reserved);
  if (host.reserved.has(environment) && findingsOfPlacement(amounts, own).length === 0) return accepted();
  const free = freeOf(host.description.capacity, Object.values(others));
  return acceptedUnless(findingsOfPlacement(amounts, free), {
    type: 'provisioning.capacity-reserved.v1',
    data: { environment, amounts },
  });
};

const NOTHING: Amounts = { memoryBytes: 0, cpuMillis: 0, diskBytes: 0 };

const lower = ({ environment }: Extract<HostCommand, { type: 'lower' }>, host: Host): Decision<HostEvent> => {
  const known = host.status === 'joined' ? host.reserved.get(environment) : undefined;
  if (known === undefined) return accepted();
  const amounts = { ...NOTHING, diskBytes: known.diskBytes };
  if (isDeepStrictEqual(known, amounts)) return accepted();
  return accepted({ type: 'provisioning.capacity-lowered.v1', data: { environment, amounts } });
};

const hostUnknown: Finding = {
  pointer: '',
  code: 'host-unknown',
  detail: 'The policy names a host that never joined.',
  hint: 'Staff: start its agent, or set the policy to another host ("freehold doctor" shows the hosts).',
};

const capacityAlreadyFreed: Finding = {
  pointer: '',
  code: 'capacity-already-freed',
  detail: 'The capacity of this environment was given back already.',
  hint: 'Order again.',
};

export const hostDecider: Decider<Host, HostCommand, HostEvent> = {
  initialState: () => ({ status: 'unknown', freed: new Set() }),
  evolve,
  decide,
};
