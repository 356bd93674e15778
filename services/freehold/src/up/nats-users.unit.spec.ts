import { describe, expect, it } from '@jest/globals';
import { SERVICE_NAMES } from '../serve/service-registry.js';
import { cellAccount, serviceUser } from './nats-users.js';

const users = cellAccount(SERVICE_NAMES, 'this-host').users;

describe('users on NATS', () => {
  it('are one per service, and the administrator', () => {
    expect(users.map(({ name }) => name)).toEqual(['admin', ...SERVICE_NAMES]);
  });

  it('lets portability append to its own context, publish jobs, and ask no agent', () => {
    const { publish, subscribe } = serviceUser('portability', 'this-host');
    expect(publish.filter((each) => each.startsWith('log.'))).toEqual(['log.*.portability.>']);
    expect(publish).toContain('job.>');
    expect(publish.filter((each) => each.startsWith('agent.') || each.includes('DESIRED'))).toEqual([]);
    expect(subscribe).toContain('op.portability.>');
  });

  it.each(SERVICE_NAMES)('lets %s append to its own context only', (name) => {
    const appends = serviceUser(name, 'this-host').publish.filter((subject) => subject.startsWith('log.'));
    const isContext = ['accounts', 'catalog', 'provisioning', 'deployment', 'portability'].includes(name);
    expect(appends).toEqual(isContext ? [`log.*.${name}.>`] : []);
  });

  it.each(SERVICE_NAMES)('lets %s make, change or delete no stream', (name) => {
    const { publish } = serviceUser(name, 'this-host');
    expect(publish.filter((each) => /STREAM\.(CREATE|UPDATE|DELETE|PURGE|RESTORE)/.test(each))).toEqual([]);
    expect(publish).not.toContain('>');
  });

  it('keeps the vault from gateway and agent', () => {
    for (const name of ['gateway', 'agent'] as const) {
      expect(serviceUser(name, 'this-host').publish.filter((each) => each.includes('VAULT'))).toEqual([]);
    }
  });

  it('lets only provisioning write what name servers answer', () => {
    const writers = users.filter(({ name, publish }) => name !== 'admin' && publish.includes('$KV.ZONES.>'));
    expect(writers.map(({ name }) => name)).toEqual(['provisioning']);
    expect(serviceUser('agent', 'this-host').publish).toContain('$JS.API.STREAM.INFO.KV_ZONES');
  });

  it('lets only the audit write the evidence, and nobody remove a checkpoint', () => {
    const services = users.filter(({ name }) => name !== 'admin');
    for (const subject of ['checkpoint.>', '$KV.TILES.>']) {
      expect(services.filter(({ publish }) => publish.includes(subject)).map(({ name }) => name)).toEqual(['audit']);
    }
    expect(
      services.flatMap(({ publish }) => publish).filter((each) => /STREAM.*DELETE\.CHECKPOINTS/.test(each)),
    ).toEqual([]);
  });

  it('keeps an agent to the jobs and requests of its host', () => {
    const { publish, subscribe } = serviceUser('agent', 'this-host');
    expect(subscribe).toContain('agent.this-host.>');
    expect(publish.filter((each) => each.includes('CONSUMER.CREATE.JOBS'))).toEqual([
      '$JS.API.CONSUMER.CREATE.JOBS.agent-this-host.job.this-host.>',
    ]);
  });
});
