import { specificationOf } from '@freehold/decider';
import type { ApplicationEvent } from '@freehold/catalog-contract';
import { describe, expect, it } from '@jest/globals';
import { applicationDecider, releaseToOrder } from './application.js';

const spec = specificationOf(applicationDecider);
const release = (version: string, digest = `digest of ${version}`) => ({
  application: 'synapse',
  title: 'Matrix Synapse',
  version,
  date: '2026-10-23',
  digest,
});
const published = (version: string): ApplicationEvent => ({
  type: 'catalog.release-published.v1',
  data: release(version),
});
const withdrawn = (version: string): ApplicationEvent => ({
  type: 'catalog.release-withdrawn.v1',
  data: { version, reason: 'broken' },
});

describe('an application', () => {
  it('publishes a release; the same version never means other bytes', () => {
    spec
      .given()
      .when({ type: 'publish', ...release('1.0') })
      .then(published('1.0'));
    spec
      .given(published('1.0'))
      .when({ type: 'publish', ...release('1.0') })
      .thenNothing();
    spec
      .given(published('1.0'))
      .when({ type: 'publish', ...release('1.0', 'other') })
      .thenRefused('release-differs');
  });

  it('withdraws a release that it has', () => {
    spec.given(published('1.0')).when({ type: 'withdraw', version: '1.0', reason: 'broken' }).then(withdrawn('1.0'));
    spec
      .given(published('1.0'), withdrawn('1.0'))
      .when({ type: 'withdraw', version: '1.0', reason: 'broken' })
      .thenNothing();
    spec.given().when({ type: 'withdraw', version: '1.0', reason: 'broken' }).thenRefused('release-unknown');
  });

  it('orders what was published last and not withdrawn, unless a version is asked for', () => {
    const state = spec.given(published('1.0'), published('1.1'), published('1.2'), withdrawn('1.2')).state();
    expect(releaseToOrder(state)?.[0]).toBe('1.1');
    expect(releaseToOrder(state, '1.0')?.[0]).toBe('1.0');
    expect(releaseToOrder(state, '1.2')).toBeUndefined();
    expect(releaseToOrder(spec.given().state())).toBeUndefined();
  });
});
