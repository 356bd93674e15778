import type { Installation } from '../kit/installation.js';
import type { MatrixPerson } from '../kit/matrix-person.js';
import type { Stage } from './stage.js';

/** The name of the application in the tour, in the zone of the first provider. */
export const NAME = 'chat.freehold.test';
/** Zone of the second provider. */
export const ELSEWHERE = 'elsewhere.test';

/** What a part gets: the stage, and who and what is there by then. */
export interface Tour {
  readonly stage: Stage;
  readonly installation: Installation;
  /** The operator's own profile for the command line. */
  readonly operatorProfile: string;
  /** Of all providers in the tour: whom people's clients ask where a name is. */
  readonly nameServers: string[];
}

export interface People {
  readonly room: string;
  /** As they reach it: by name. */
  readonly server: { readonly baseUrl: string; readonly fetch: typeof globalThis.fetch };
  readonly ada: MatrixPerson;
  readonly grace: MatrixPerson;
  /** A further device of hers, with nothing remembered. */
  signInGraceAgain(): Promise<MatrixPerson>;
}

/** Both providers, as the operator sees them. */
export interface Sides {
  readonly from: Tour;
  readonly to: Tour;
}
