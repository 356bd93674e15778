import type { Finding } from '@freehold/kernel';
import { actorFindings, actorIdOf, type ActorId } from './actor-id.js';
import { uriCustomOf } from './software.js';

/** An actor that is a person. */
export interface PersonId extends ActorId {
  readonly kind: 'person';
}

/** An actor that is a repository. */
export interface RepositoryId extends ActorId {
  readonly kind: 'repository';
}

export const personIdOf = (input: string, source: string): PersonId => ({
  ...actorIdOf(input, source),
  kind: 'person',
});

export const repositoryIdOf = (input: string, source: string): RepositoryId => ({
  ...actorIdOf(input, source),
  kind: 'repository',
});

/**
 * `<id>-<host>`, and the port if it is not the usual one: a name for people to see. It is not unique (`a-b` at `c` and
 * `a` at `b-c` are alike); a person is found by {@link externalKeyOf}.
 */
export const loginNameOf = (person: PersonId): string => `${person.id}-${person.host}${portOf(person, '-')}`;

/** `@<id>@<host>`, and the port if it is not the usual one. */
export const webFingerNameOf = (person: PersonId): string => `@${person.id}@${person.host}${portOf(person, ':')}`;

export const personFindings = (person: PersonId): Finding[] => [
  ...actorFindings(person),
  ...pathFindings(person, uriCustomOf(person.source).persons),
];

export const repositoryFindings = (repository: RepositoryId): Finding[] => [
  ...actorFindings(repository),
  ...pathFindings(repository, uriCustomOf(repository.source).repositories),
];

function pathFindings(actor: PersonId | RepositoryId, expected: RegExp | null): Finding[] {
  if (expected === null || actor.path === '' || expected.test(actor.path)) return [];
  return [
    {
      pointer: '/path',
      code: 'path-unexpected',
      detail: `${actor.source} has no ${actor.kind} at such a path`,
      hint: `Give the address under which ${actor.source} publishes the ${actor.kind} as an actor.`,
    },
  ];
}

const portOf = ({ port }: ActorId, separator: string): string => (port === null ? '' : `${separator}${port}`);
