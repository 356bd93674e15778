import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { platformFields } from '../service/platform-configuration.js';
import { configuration, ConfigurationInvalid } from './configuration.js';
import { describeConfiguration, VariableUndescribed } from './describe-configuration.js';

const schema = z.object({
  listenPort: z.coerce.number().int().max(65_535).default(8420).describe('the port'),
  keyFile: z.string().describe('file with the key'),
});

const findingsOf = (environment: Record<string, string>): string[] => {
  try {
    configuration(schema, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.findings.map(({ pointer }) => pointer).sort();
    throw error;
  }
};

describe('configuration', () => {
  it('reads the variables of the fields, and defaults', () => {
    expect(configuration(schema, { FREEHOLD_KEY_FILE: '/k', HOME: '/root' })).toEqual({
      listenPort: 8420,
      keyFile: '/k',
    });
    expect(configuration(schema, { FREEHOLD_KEY_FILE: '/k', FREEHOLD_LISTEN_PORT: '1' }).listenPort).toBe(1);
  });

  it('tells everything that is wrong at once: missing, wrong and unknown', () => {
    expect(findingsOf({ FREEHOLD_LISTEN_PORT: '70000', FREEHOLD_LISTEN_PROT: '1' })).toEqual([
      'FREEHOLD_KEY_FILE',
      'FREEHOLD_LISTEN_PORT',
      'FREEHOLD_LISTEN_PROT',
    ]);
  });

  it('takes an empty variable as one that is not set', () => {
    expect(findingsOf({ FREEHOLD_KEY_FILE: '' })).toEqual(['FREEHOLD_KEY_FILE']);
  });

  it('does not repeat values', () => {
    expect(() => configuration(schema, { FREEHOLD_LISTEN_PORT: 'hunter2', FREEHOLD_X: 'hunter2' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });

  it('knows the variables of services beside it', () => {
    const other = z.object({ otherThing: z.string().optional().describe('another') });
    const environment = { FREEHOLD_KEY_FILE: '/k', FREEHOLD_OTHER_THING: 'x' };
    expect(configuration(schema, environment, [other])).toEqual({ listenPort: 8420, keyFile: '/k' });
    expect(findingsOf(environment)).toEqual(['FREEHOLD_OTHER_THING']);
  });

  it('writes its reference, and none without descriptions', () => {
    expect(describeConfiguration(schema)).toContain('| `FREEHOLD_LISTEN_PORT` | the port | `8420` |');
    expect(describeConfiguration(schema)).toContain('| `FREEHOLD_KEY_FILE` | file with the key | required |');
    expect(describeConfiguration(z.object(platformFields))).toContain('FREEHOLD_NATS_URL');
    expect(() => describeConfiguration(z.object({ bare: z.string() }))).toThrow(VariableUndescribed);
  });
});
