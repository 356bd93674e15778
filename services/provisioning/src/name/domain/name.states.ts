import type { Enciphered } from '@freehold/kernel';
import type { WayToProvider } from '@freehold/provisioning-contract';

/** Of deployments: what comes late after them is refused. */
export interface Marks {
  givenUp: ReadonlySet<string>;
  delegationUndone: ReadonlySet<string>;
}
interface Holding {
  operator: string;
  deployment: string;
  name: Enciphered;
  /** The provider under whose zone the name is; null: ours. */
  via: string | null;
}
export type Name =
  | (Marks & { status: 'free' })
  | (Marks & Holding & { status: 'claimed' })
  | (Marks & Holding & { status: 'attached'; environment: string })
  /** `deployment` is the one that left, `environment` where the name led before. */
  | (Marks & Holding & { status: 'delegated-away'; environment: string | null; way: WayToProvider });
