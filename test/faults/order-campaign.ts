import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Installation, startInstallation } from '../kit/installation.js';
import { APPLICATIONS } from './applications.js';
import { afterEverySignal, atRandom, type Fault, faultId } from './fault.js';
import { Moments } from './moments.js';
import { orderRound, type Round, type Scene } from './order-round.js';
import type { Victim } from './victims.js';

export interface CampaignOptions {
  readonly application: string;
  readonly victims: readonly Victim[];
  /** After every signal of an undisturbed order. */
  readonly everySignal: boolean;
  /** Random moments besides. */
  readonly rounds: number;
  readonly seed: number;
  /** These and no others. */
  readonly only: readonly Fault[];
  /** Rounds on one installation before a fresh one is made. */
  readonly roundsPerInstallation: number;
  /** Every nth round installs the release anew; 0: never. */
  readonly coldEvery: number;
  /** Where the logs of bad rounds are kept. */
  readonly keep: string | undefined;
  readonly told: (event: Told) => void;
}

export type Told =
  | { readonly kind: 'plan'; readonly faults: number; readonly undisturbed: Round }
  | { readonly kind: 'round'; readonly number: number; readonly round: Round };

/** All rounds of a campaign, the undisturbed one not counted. @throws when the undisturbed order does not go live */
export async function orderCampaign(options: CampaignOptions): Promise<Round[]> {
  await using stage = new Stage(options);
  // The first order of an installation installs the release; the second shows what the others are like.
  const first = await stage.round(null);
  const undisturbed = options.only.length > 0 ? first : await stage.round(null);
  if (undisturbed.end !== 'live') throw new Error(`an undisturbed order is wrong: ${undisturbed.wrong.join('; ')}`);
  const faults = faultsOf(options, undisturbed);
  options.told({ kind: 'plan', faults: faults.length, undisturbed });
  const rounds: Round[] = [];
  for (const fault of faults) {
    const number = rounds.length + 1;
    if (options.coldEvery > 0 && number % options.coldEvery === 0) stage.removeReleases();
    const round = await stage.round(fault);
    rounds.push(round);
    options.told({ kind: 'round', number, round });
    if (round.end === 'neither') await stage.strike(`${String(number).padStart(3, '0')}-${faultId(fault)}`, round);
  }
  return rounds;
}

function faultsOf(options: CampaignOptions, { signals, orderMs }: Round): Fault[] {
  const { only, everySignal, rounds, seed, victims } = options;
  if (only.length > 0) return [...only];
  return [...(everySignal ? afterEverySignal(signals, victims) : []), ...atRandom(rounds, seed, orderMs, victims)];
}

/** An installation for some rounds, and then another. */
class Stage implements AsyncDisposable {
  #scene: Scene | undefined;
  #rounds = 0;

  constructor(private readonly options: CampaignOptions) {}

  async round(fault: Fault | null): Promise<Round> {
    if (this.#rounds >= this.options.roundsPerInstallation) await this.#clear();
    this.#scene ??= await this.#set();
    this.#rounds += 1;
    return orderRound(this.#scene, `round-${this.#rounds}.${this.#scene.installation.zone}`, fault);
  }

  /** The next order installs its release again; nothing runs on it between two rounds. */
  removeReleases(): void {
    const { installation } = this.#scene ?? {};
    if (installation === undefined) return;
    const releases = join(installation.home, 'applications', 'process', 'releases');
    rmSync(releases, { recursive: true, force: true });
    mkdirSync(releases, { mode: 0o755 });
  }

  /** Keeps what a bad round has to tell, and goes on elsewhere. */
  async strike(name: string, round: Round): Promise<void> {
    const { keep } = this.options;
    if (keep !== undefined && this.#scene !== undefined) keepTraces(join(keep, name), this.#scene, round);
    await this.#clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clear();
  }

  async #set(): Promise<Scene> {
    const installation: Installation = await startInstallation();
    try {
      const moments = await Moments.of(installation.home);
      const by = await installation.registerOperator({ places: 2 });
      const { application } = this.options;
      const facts = APPLICATIONS[application];
      if (facts === undefined)
        throw new RangeError(`${application} is none of ${Object.keys(APPLICATIONS).join(', ')}`);
      return { installation, moments, by, application, facts };
    } catch (error) {
      await installation[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #clear(): Promise<void> {
    const scene = this.#scene;
    this.#scene = undefined;
    this.#rounds = 0;
    await scene?.moments[Symbol.asyncDispose]();
    await scene?.installation[Symbol.asyncDispose]();
  }
}

function keepTraces(folder: string, { installation, moments }: Scene, round: Round): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(installation.readLogs())) writeFileSync(join(folder, name), text);
  const commits = moments.since.map((stored) => JSON.stringify(stored));
  writeFileSync(join(folder, 'commits.ndjson'), `${commits.join('\n')}\n`);
  writeFileSync(join(folder, 'round.json'), JSON.stringify(round, undefined, 2));
  writeFileSync(join(folder, 'up.txt'), installation.output);
}
