import { specificationOf } from '@freehold/decider';
import { describe, expect, it } from '@jest/globals';
import type { NameEvent } from '@freehold/provisioning-contract';
import { ownCommits } from './name-history.js';
import { nameDecider } from './name.js';
import { findingsOfName, normaliseName } from './zone.js';

const [operator, other] = ['0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0001', '0c7e3f0e-8f1f-4b45-8e0e-3f6f5f0a0002'];
const [mine, theirs] = ['6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001', '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0002'];
const environment = '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0003';
const enciphered = { $enciphered: operator, place: '_/name.name', iv: '', data: '' };
const claim = (deployment = mine, by = operator) =>
  ({ type: 'claim', operator: by, deployment, purpose: 'web', name: enciphered, via: null }) as const;
const claimed = (deployment = mine, by = operator): NameEvent => ({
  type: 'provisioning.name-claimed.v1',
  data: { operator: by, deployment, purpose: 'web', name: enciphered, via: null },
});
const attached: NameEvent = { type: 'provisioning.name-attached.v1', data: { deployment: mine, environment } };
const givenUp = (deployment = mine): NameEvent => ({ type: 'provisioning.name-given-up.v1', data: { deployment } });

const way = { to: 'https://cloud.example', address: '192.0.2.1', port: 443 };
const onward = { to: 'https://other.example', address: '2001:db8::1', port: 8443 };
const delegate = { type: 'delegate', deployment: mine, ...way } as const;
const delegated: NameEvent = { type: 'provisioning.name-delegated-away.v1', data: { deployment: mine, ...way } };
const reclaimed = (to: string | null = environment): NameEvent => ({
  type: 'provisioning.name-reclaimed.v1',
  data: { operator, deployment: theirs, environment: to },
});
const undone: NameEvent = { type: 'provisioning.name-delegation-undone.v1', data: { deployment: mine } };

const spec = specificationOf(nameDecider);

describe('a name', () => {
  it('belongs to the first who claims it', () => {
    spec.given().when(claim()).then(claimed());
    spec.given(claimed()).when(claim()).thenNothing();
    spec.given(claimed()).when(claim(theirs, other)).thenRefused('name-taken');
    spec.given(claimed(), attached).when(claim(theirs, other)).thenRefused('name-taken');
    spec.given(claimed(), givenUp()).when(claim(theirs, other)).then(claimed(theirs, other));
  });

  it('leads to an environment of its holder only', () => {
    const attach = { type: 'attach', deployment: mine, environment } as const;
    spec.given(claimed()).when(attach).then(attached);
    spec.given(claimed(), attached).when(attach).thenNothing();
    spec.given().when(attach).thenRefused('name-not-claimed');
    spec.given(claimed(theirs, other)).when(attach).thenRefused('name-not-claimed');
  });

  it('is given up also before it was claimed, and not by others', () => {
    spec.given().when({ type: 'give-up', deployment: mine }).then(givenUp());
    spec.given(givenUp()).when({ type: 'give-up', deployment: mine }).thenNothing();
    spec.given(givenUp()).when(claim()).thenRefused('claim-already-given-up');
    spec.given(claimed(theirs, other), givenUp()).when(claim(environment)).thenRefused('name-taken');
  });
});

describe('a name whose deployment left', () => {
  const away = [claimed(), attached, delegated];
  const redirect = (by: string) => ({ type: 'redirect', by, ...onward }) as const;

  it('leads to the provider that holds the lineage, and to nobody else', () => {
    spec.given(claimed(), attached).when(delegate).then(delegated);
    spec
      .given(...away)
      .when(delegate)
      .thenNothing();
    spec.given().when(delegate).thenRefused('name-not-claimed');
    spec.given(claimed(theirs, other)).when(delegate).thenRefused('name-not-claimed');
  });

  it('stays taken for ever, also when the deployment is retired', () => {
    spec
      .given(...away)
      .when(claim(theirs, other))
      .thenRefused('name-taken');
    spec
      .given(...away)
      .when(claim())
      .thenRefused('name-taken');
    spec
      .given(...away)
      .when({ type: 'give-up', deployment: mine })
      .thenNothing();
    spec
      .given(...away)
      .when({ type: 'attach', deployment: mine, environment })
      .thenRefused('name-not-claimed');
    spec
      .given(...away, givenUp(theirs))
      .when(claim(other, other))
      .thenRefused('name-taken');
  });

  it('is led on only by who holds it', () => {
    const redirected: NameEvent = {
      type: 'provisioning.name-redirected.v1',
      data: { deployment: mine, by: way.to, ...onward },
    };
    spec
      .given(...away)
      .when(redirect(way.to))
      .then(redirected);
    spec
      .given(...away)
      .when(redirect(onward.to))
      .thenRefused('name-held-by-another');
    spec
      .given(...away, redirected)
      .when(redirect(way.to))
      .thenNothing();
    spec
      .given(...away, redirected)
      .when({ type: 'redirect', by: way.to, ...way })
      .thenRefused('name-held-by-another');
    spec
      .given(...away, redirected)
      .when(delegate)
      .thenNothing();
    spec.given(claimed(), attached).when(redirect(way.to)).thenRefused('name-not-delegated');
  });

  it('comes back with its lineage, as another deployment of the same operator', () => {
    const reclaim = { type: 'reclaim', operator, deployment: theirs } as const;
    const elsewhere = { ...reclaim, environment: other };
    spec
      .given(...away)
      .when(reclaim)
      .then(reclaimed());
    spec
      .given(...away)
      .when(elsewhere)
      .then(reclaimed(other));
    spec.given(claimed(), delegated).when(reclaim).then(reclaimed(null));
    spec
      .given(...away, reclaimed())
      .when(reclaim)
      .thenNothing();
    spec
      .given(...away)
      .when({ ...reclaim, operator: other })
      .thenRefused('name-not-delegated');
    spec
      .given(...away)
      .when({ ...reclaim, deployment: mine })
      .thenRefused('name-not-delegated');
    spec.given(claimed()).when(reclaim).thenRefused('name-not-delegated');
    spec.given().when(reclaim).thenRefused('name-not-delegated');
    spec
      .given(...away, reclaimed())
      .when(claim(other, other))
      .thenRefused('name-taken');
    spec
      .given(...away, reclaimed())
      .when({ ...delegate, deployment: theirs })
      .then({ type: 'provisioning.name-delegated-away.v1', data: { deployment: theirs, ...way } });
  });

  it('is as before after an undo, which also refuses a late delegation', () => {
    const undo = { type: 'undo-delegation', deployment: mine } as const;
    spec
      .given(...away)
      .when(undo)
      .then(undone);
    spec
      .given(...away, undone)
      .when({ type: 'attach', deployment: mine, environment })
      .thenNothing();
    spec
      .given(...away, undone)
      .when(undo)
      .thenNothing();
    spec.given(claimed(), attached, undone).when(delegate).thenRefused('delegation-already-undone');
    spec.given().when(undo).then(undone);
    spec
      .given(...away, reclaimed(), undone)
      .when({ type: 'attach', deployment: theirs, environment })
      .thenNothing();
  });

  it('cannot be led elsewhere from here when it is under the zone of another', () => {
    const via: NameEvent = {
      type: 'provisioning.name-claimed.v1',
      data: { operator, deployment: mine, purpose: 'web', name: enciphered, via: way.to },
    };
    spec.given(via, attached).when(delegate).thenRefused('name-of-another-zone');
  });
});

describe('a name below the zone', () => {
  const codes = (name: string) => findingsOfName(normaliseName(name), 'freehold.test').map(({ code }) => code);

  it('may have labels of letters, digits and inner hyphens', () => {
    expect(codes('Chat.Freehold.Test.')).toEqual([]);
    expect(codes('a.b-c.1.freehold.test')).toEqual([]);
  });

  it.each([
    ['freehold.test', ['name-outside-zone']],
    ['chat.example', ['name-outside-zone']],
    ['chat.notfreehold.test', ['name-outside-zone']],
    ['-a.freehold.test', ['name-invalid']],
    ['a..freehold.test', ['name-invalid']],
    [`${'a'.repeat(64)}.freehold.test`, ['name-invalid']],
    ['größe.freehold.test', ['name-invalid']],
    ['not a name', ['name-invalid', 'name-outside-zone']],
    ['', ['name-invalid', 'name-outside-zone']],
    ['ns.freehold.test', ['name-taken']],
    ['one.ns.freehold.test', ['name-taken']],
  ])('%s', (name, expected) => expect(codes(name)).toEqual(expected));

  it.each([
    ['chat.cloud.example', []],
    ['chat.freehold.test', ['name-inside-zone']],
    ['freehold.test', ['name-inside-zone']],
    ['not a name', ['name-invalid']],
  ])('%s, which arrived from another provider', (name, expected) => {
    expect(findingsOfName(name, 'freehold.test', 'https://cloud.example').map(({ code }) => code)).toEqual(expected);
  });
});

describe('the history of a name', () => {
  it('shows an operator nothing of who had it before or after', () => {
    const commit = (event: NameEvent) => ({ commit: { events: [event] } });
    const first = [commit(claimed(theirs, other)), commit(givenUp(theirs))];
    const own = [commit(claimed()), commit(attached), commit(givenUp())];
    expect(ownCommits([...first, ...own, commit(claimed(theirs, other))], operator)).toEqual(own);
    expect(ownCommits(first, operator)).toEqual([]);
    const back = [commit(claimed()), commit(delegated), commit(reclaimed())];
    expect(ownCommits(back, operator)).toEqual(back);
  });
});
