import type { UnitObservation } from '@freehold/provisioning-contract';

/** What nobody has looked at yet: an environment that is only being prepared for. */
const UNSEEN = { generation: 0, units: [], healthy: false, usage: null } as const;

/**
 * What is known of each environment by two who see different things: its lane sees units, a job knows what it does.
 * Neither takes back what the other said.
 */
export class LastSeen {
  readonly #seen = new Map<string, UnitObservation>();
  readonly #doing = new Map<string, string>();

  /** By the lane. While a job does something, that is what goes on. */
  seen(environment: string, observation: UnitObservation): UnitObservation {
    this.#seen.set(environment, observation);
    return this.#together(environment, observation);
  }

  /** By a job. Null: it has ended. */
  doing(environment: string, activity: string | null, at = new Date().toISOString()): UnitObservation {
    if (activity === null) this.#doing.delete(environment);
    else this.#doing.set(environment, activity);
    return this.#together(environment, this.#seen.get(environment) ?? { ...UNSEEN, units: [], activity: null, at });
  }

  #together(environment: string, observation: UnitObservation): UnitObservation {
    return { ...observation, activity: this.#doing.get(environment) ?? observation.activity };
  }
}
