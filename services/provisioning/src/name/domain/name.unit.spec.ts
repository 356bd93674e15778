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
  ({ type: 'claim', operator: by, deployment, purpose: 'web', name: enciphered }) as const;
const claimed = (deployment = mine, by = operator): NameEvent => ({
  type: 'provisioning.name-claimed.v1',
  data: { operator: by, deployment, purpose: 'web', name: enciphered },
});
const attached: NameEvent = { type: 'provisioning.name-attached.v1', data: { deployment: mine, environment } };
const givenUp = (deployment = mine): NameEvent => ({ type: 'provisioning.name-given-up.v1', data: { deployment } });

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
  ])('%s', (name, expected) => expect(codes(name)).toEqual(expected));
});

describe('the history of a name', () => {
  it('shows an operator nothing of who had it before or after', () => {
    const commit = (event: NameEvent) => ({ commit: { events: [event] } });
    const first = [commit(claimed(theirs, other)), commit(givenUp(theirs))];
    const own = [commit(claimed()), commit(attached), commit(givenUp())];
    expect(ownCommits([...first, ...own, commit(claimed(theirs, other))], operator)).toEqual(own);
    expect(ownCommits(first, operator)).toEqual([]);
  });
});
