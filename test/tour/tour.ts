import type { Installation } from '../kit/installation.js';
import type { MatrixPerson } from '../kit/matrix-person.js';
import type { Stage } from './stage.js';

/** The name of the application in the tour. */
export const NAME = 'chat.freehold.test';

/** What a part gets: the stage, and who and what is there by then. */
export interface Tour {
  readonly stage: Stage;
  readonly installation: Installation;
  /** The operator's own profile for the command line. */
  readonly operatorProfile: string;
}

export interface People {
  readonly room: string;
  readonly ada: MatrixPerson;
  readonly grace: MatrixPerson;
  /** A further device of hers, with nothing remembered. */
  signInGraceAgain(): Promise<MatrixPerson>;
}
