import { ConfigurationInvalid } from '@freehold/platform';
import { describe, expect, it } from '@jest/globals';
import { publicFaceIn, publicValues } from './public-face.js';

const https = { FREEHOLD_PUBLIC_URL: 'https://cloud.example', FREEHOLD_PUBLIC_ADDRESS: '9.9.9.9' };
const api = 'http://127.0.0.2:8420';

function wrongIn(environment: Record<string, string>): string[] {
  try {
    publicFaceIn(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error.findings.map(({ pointer }) => pointer).toSorted();
    throw error;
  }
}

describe('the settings for being reached from other machines', () => {
  it('are none unless some are given', () => {
    expect(publicFaceIn({ FREEHOLD_PROFILE: 'x', FREEHOLD_PUBLIC_URL: '' })).toBeUndefined();
    expect(publicValues({}, api)).toEqual({ publicUrl: api, addressPolicy: 'embedded' });
  });

  it('make the provider one of its https origin, which asks public addresses only', () => {
    const face = publicFaceIn({ ...https, FREEHOLD_PUBLIC_URL: 'https://Cloud.example:443/', FREEHOLD_DNS_PORT: '53' });
    expect(publicValues(face ?? {}, api)).toEqual({
      publicUrl: 'https://cloud.example',
      transferUrl: 'https://cloud.example',
      publicAddress: '9.9.9.9',
      dnsPort: '53',
      addressPolicy: 'public',
    });
  });

  it('may be the ports of the name server and of moves alone', () => {
    const face = publicFaceIn({ FREEHOLD_DNS_PORT: '5353', FREEHOLD_TRANSFER_PORT: '8421' });
    expect(publicValues(face ?? {}, api)).toEqual({
      ...{ publicUrl: api, addressPolicy: 'embedded', dnsPort: '5353', transferPort: '8421' },
    });
  });

  it.each([
    [{ FREEHOLD_PUBLIC_URL: 'https://cloud.example' }, ['FREEHOLD_PUBLIC_ADDRESS']],
    [{ ...https, FREEHOLD_PUBLIC_URL: 'http://cloud.example' }, ['FREEHOLD_PUBLIC_URL']],
    [{ ...https, FREEHOLD_PUBLIC_URL: 'https://cloud.example/freehold' }, ['FREEHOLD_PUBLIC_URL']],
    [{ ...https, FREEHOLD_PUBLIC_ADDRESS: 'cloud.example' }, ['FREEHOLD_PUBLIC_ADDRESS']],
    [{ ...https, FREEHOLD_PUBLIC_PORT: '80' }, ['FREEHOLD_PUBLIC_PORT']],
    [{ ...https, FREEHOLD_TRANSFER_URL: 'https://data.example' }, ['FREEHOLD_TRANSFER_URL']],
    [{ ...https, FREEHOLD_PUBLIC_ADRESS: '9.9.9.9' }, ['FREEHOLD_PUBLIC_ADRESS']],
    [
      { FREEHOLD_PUBLIC_ADDRESS: '9.9.9.9', FREEHOLD_TRANSFER_URL: 'https://cloud.example' },
      ['FREEHOLD_PUBLIC_ADDRESS', 'FREEHOLD_TRANSFER_URL'],
    ],
  ])('are refused with all that is wrong: %j', (environment, expected) => {
    expect(wrongIn(environment)).toEqual(expected);
  });
});
