import { type ApplicationPackage, statePartsOf } from '@freehold/application-package';
import type { DesiredState } from '@freehold/provisioning-contract';
import type { Site, StatePart } from '@freehold/state-parts';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errnoOf } from '../backend/backend-failure.js';
import type { Environment } from '../backend/runtime-backend.js';
import type { Hands } from '../reconciler/executor.js';
import type { Reconciler } from '../reconciler/reconciler.js';
import type { MoveFolders } from './move-folders.js';

/** Parts of an environment, and where it lies. */
export interface StateOf {
  readonly folder: string;
  readonly user: Site['user'];
  readonly parts: readonly StatePart[];
}

const Part = z.object({
  name: z.string(),
  kind: z.enum(['files', 'sqlite', 'postgres', 'mysql', 'redis']),
  path: z.string(),
  database: z.string().optional(),
  socket: z.string().optional(),
  leaveOut: z.array(z.object({ path: z.string() })),
});

/** What was captured: written when the bag is whole, with the parts as they were declared then. */
export const Captured = z.object({
  environment: z.string(),
  generation: z.int(),
  parts: z.array(Part),
  /** The bag needs nothing of the environment. */
  whole: z.boolean().default(false),
  result: z.json(),
});
export type Captured = z.infer<typeof Captured>;

/** Finds out what state lies where on this host. */
export class StateAtHand {
  readonly #live = new Map<string, { readonly mark: string; readonly parts: readonly StatePart[] }>();

  constructor(
    private readonly hands: Hands,
    private readonly reconciler: Pick<Reconciler, 'lane'>,
    private readonly folders: MoveFolders,
  ) {}

  /** Null: there is no such environment, or nothing is configured in it. @throws NotAnswered */
  async live(environment: string): Promise<StateOf | null> {
    const desired = this.reconciler.lane(environment)?.desired;
    const place = await this.environment(environment);
    if (desired === undefined || desired.digest === null || place === null) return null;
    return { ...siteOf(place), parts: await this.#partsOf(desired, desired.digest) };
  }

  /** Null: nothing is sealed for this move. */
  async sealed(move: string, environment: string): Promise<(StateOf & { readonly bag: string }) | null> {
    const folder = this.folders.of(move);
    const captured = await readCaptured(folder.captured);
    if (captured?.whole === true && captured.environment === environment)
      return { bag: folder.bag, folder: folder.bag, user: null, parts: [] };
    const place = await this.environment(environment);
    if (captured?.environment !== environment || place === null) return null;
    return { ...siteOf(place), parts: captured.parts.map(asPart), bag: folder.bag };
  }

  async environment(id: string): Promise<Environment | null> {
    const seen = await this.hands.backend.observe();
    if (seen.state === 'cannot-say') throw new Error(`environments cannot be looked at: ${seen.reason}`);
    const found = seen.environments.find((one) => one.id === id);
    return found?.state === 'present' ? found.environment : null;
  }

  /** The parts that an application with these settings has. */
  partsOf(app: ApplicationPackage, settings: Parameters<typeof statePartsOf>[1]): StatePart[] {
    return statePartsOf(app, settings).map(asPart);
  }

  /** All parts that are declared, whatever settings say; of the same name there may be several. */
  declaredParts({ description }: ApplicationPackage): StatePart[] {
    return description.state.map(({ name, kind, path, database, socket, leaveOut }) =>
      asPart({ name, kind, path, database, socket, leaveOut }),
    );
  }

  /** Which parts there are may depend on settings, which are asked for once a generation. */
  async #partsOf(desired: DesiredState, digest: string): Promise<readonly StatePart[]> {
    const { environment, generation } = desired;
    const mark = `${generation} ${digest}`;
    const known = this.#live.get(environment);
    if (known?.mark === mark) return known.parts;
    const { app } = await this.hands.packages.get(digest);
    const { configuration } = await this.hands.provisioning.configuration(desired);
    const parts = this.partsOf(app, configuration.settings);
    this.#live.set(environment, { mark, parts });
    return parts;
  }
}

/** Where environments share our user there is nobody to become. */
export const siteOf = ({ folder, user }: Environment): Pick<Site, 'folder' | 'user'> => ({
  folder,
  user: user.uid === process.getuid?.() ? null : user,
});

/** Null: there is none. */
export async function readCaptured(file: string): Promise<Captured | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : Captured.parse(JSON.parse(text));
}

interface Declared extends Omit<StatePart, 'database' | 'socket' | 'leaveOut'> {
  readonly database?: string | undefined;
  readonly socket?: string | undefined;
  readonly leaveOut: readonly { readonly path: string }[];
}

const asPart = ({ database, socket, ...part }: Declared): StatePart => ({
  ...part,
  leaveOut: part.leaveOut.map(({ path }) => ({ path })),
  ...(database === undefined ? {} : { database }),
  ...(socket === undefined ? {} : { socket }),
});

/** True for a path below a part that its package leaves out. */
export const isLeftOut = (part: StatePart, path: string): boolean =>
  part.leaveOut.some((left) => path === left.path || path.startsWith(`${left.path}/`));
