/**
 * The fault campaign for moves: a deployment that is written to all the time is moved and disturbed once, and must end live
 * and whole at exactly one side, or stuck with its copies intact. Never do both sides accept writes.
 *
 *     main ─► move-campaign ─► move-round ─► disturb          (when: moments of both sides)
 *                                   ├─────► writer · single-writer   (all the time)
 *                                   └─────► look-at-move ─► move-verdict
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  afterEveryCommit,
  type BothSignals,
  type Disturbance,
  drawMoveFaults,
  type MoveFault,
  moveFaultId,
} from './move-fault.js';
import { type MoveRound, moveRound } from './move-round.js';
import { BothAccept } from './single-writer.js';
import { equipmentFor, TwoInstallations } from './two-installations.js';

export interface MoveCampaignOptions {
  readonly whats: readonly Disturbance[];
  /** After every commit of both sides. */
  readonly everyCommit: boolean;
  /** Drawn ones besides. */
  readonly rounds: number;
  readonly seed: number;
  /** These and no others. */
  readonly only: readonly MoveFault[];
  /** Rounds on the same two installations before fresh ones are made. */
  readonly roundsPerPair: number;
  /** Where the logs of bad rounds are kept. */
  readonly keep: string | undefined;
  readonly told: (event: MoveTold) => void;
}

export type MoveTold =
  | { readonly kind: 'plan'; readonly faults: number; readonly undisturbed: MoveRound }
  | { readonly kind: 'round'; readonly number: number; readonly round: MoveRound };

/** All rounds, the undisturbed one not counted. @throws BothAccept; or when the undisturbed move does not reach the target */
export async function moveCampaign(options: MoveCampaignOptions): Promise<MoveRound[]> {
  await using stage = new MoveStage(options);
  const rounds: MoveRound[] = [];
  let faults = options.only;
  if (faults.length === 0) {
    // The first move installs the release at the target; the second shows what the others are like.
    await stage.round(null);
    const undisturbed = await stage.round(null);
    if (undisturbed.end !== 'target') throw new Error(`an undisturbed move is wrong: ${undisturbed.wrong.join('; ')}`);
    faults = faultsOf(options, undisturbed.signals);
    options.told({ kind: 'plan', faults: faults.length, undisturbed });
  }
  for (const fault of faults) {
    const round = await stage.round(fault);
    rounds.push(round);
    options.told({ kind: 'round', number: rounds.length, round });
  }
  return rounds;
}

function faultsOf({ everyCommit, rounds, seed, whats }: MoveCampaignOptions, signals: BothSignals): MoveFault[] {
  return [...(everyCommit ? afterEveryCommit(signals, whats) : []), ...drawMoveFaults(rounds, seed, signals, whats)];
}

/** Two installations for some rounds, and then others. */
class MoveStage implements AsyncDisposable {
  #pair: TwoInstallations | undefined;
  #onPair = 0;
  #rounds = 0;

  constructor(private readonly options: MoveCampaignOptions) {}

  async round(fault: MoveFault | null): Promise<MoveRound> {
    if (this.#onPair >= this.options.roundsPerPair) await this.#clear();
    const { only, whats } = this.options;
    this.#pair ??= await TwoInstallations.start(equipmentFor([...whats, ...only.map(({ what }) => what)]));
    this.#onPair += 1;
    this.#rounds += 1;
    try {
      const round = await moveRound(this.#pair, `round-${this.#rounds}`, fault);
      if (round.end === 'third' || round.end === 'stuck') this.#keep(round.fault, round);
      // A clock that has gone ahead is not set back, and what is stuck or wrong would be in the way.
      if (round.end === 'stuck' || round.end === 'third' || CLOCKS.test(round.fault)) await this.#clear();
      return round;
    } catch (error) {
      const name = fault === null ? 'none' : moveFaultId(fault);
      if (error instanceof BothAccept) this.#keep(name, { fault: name, violation: error.message });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clear();
  }

  async #clear(): Promise<void> {
    const pair = this.#pair;
    this.#pair = undefined;
    this.#onPair = 0;
    await pair?.[Symbol.asyncDispose]();
  }

  #keep(name: string, round: object): void {
    const { keep } = this.options;
    if (keep === undefined || this.#pair === undefined) return;
    const folder = join(keep, `${String(this.#rounds).padStart(3, '0')}-${name}`);
    for (const { side, installation, moments } of this.#pair.both) {
      mkdirSync(join(folder, side), { recursive: true });
      for (const [file, text] of Object.entries(installation.readLogs())) writeFileSync(join(folder, side, file), text);
      const commits = moments.since.map((stored) => JSON.stringify(stored));
      writeFileSync(join(folder, side, 'commits.ndjson'), `${commits.join('\n')}\n`);
    }
    writeFileSync(join(folder, 'round.json'), JSON.stringify(round, undefined, 2));
  }
}

const CLOCKS = /^([ab]\.clock|grant-late)@/;
