import { comparePositions, type Position } from '@freehold/kernel';
import type { BuildEdition, BuildOutcome, EditionBuild } from './edition-build.js';
import { START, type ViewSchema } from './view-schema.js';

/** How far a build is, and where the log ended when it began. */
export type BuildProgress = { position: Position; target: Position };

/** One build at a time; a second caller gets the one that is under way. */
export class EditionBuilder {
  #underWay: Promise<BuildOutcome> | null = null;
  #progress: BuildProgress | null = null;

  constructor(
    private readonly options: Pick<EditionBuild, 'log' | 'rowsInMemory' | 'connection'>,
    private readonly buildEdition: BuildEdition,
  ) {}

  get progress(): BuildProgress | null {
    return this.#progress;
  }

  /** @throws as `buildEdition`. @param replacing the number of the edition that serves; null: none. */
  build(views: ViewSchema, replacing: number | null, signal: AbortSignal): Promise<BuildOutcome> {
    this.#underWay ??= this.#build(views, replacing, signal).finally(() => {
      this.#underWay = null;
      this.#progress = null;
    });
    return this.#underWay;
  }

  /** Resolves when none is under way: whether the last one came to its end. */
  async ended(): Promise<boolean> {
    return this.#underWay === null
      ? false
      : this.#underWay.then(
          (outcome) => outcome !== 'busy',
          () => false,
        );
  }

  async #build(views: ViewSchema, replacing: number | null, signal: AbortSignal): Promise<BuildOutcome> {
    const { log } = this.options;
    const target = await log.head();
    this.#progress = { position: START, target };
    const onPosition = (position: Position): void => {
      this.#progress = { position, target: comparePositions(position, target) > 0 ? position : target };
    };
    return this.buildEdition({ ...this.options, views, signal, replacing, onPosition });
  }
}
