import { type Operation, Position, type ReplyOf } from '@freehold/kernel';
import { z } from 'zod';
import { type Answered, type ApiCall, ApiClient, type CellHealth } from '../api/api-client.js';
import type { Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { readIfThere, writePrivate } from '../private-file.js';
import { operatorOfKey, positionFileOf, type Profile, readProfile } from '../profile/profile.js';
import { CommandFailure } from './command-failure.js';

/** Options that every command for a running installation has. */
export interface CommonOptions {
  json?: boolean;
  operator?: string;
  idempotencyKey?: string;
}

/** One run of a command: whom it talks to, as whom, and where it writes. */
export class Session {
  readonly #client: ApiClient;

  private constructor(
    readonly terminal: Terminal,
    readonly options: CommonOptions,
    private readonly profile: Profile,
    private readonly positionFile: string,
  ) {
    this.#client = new ApiClient(profile);
  }

  /** @throws CommandFailure when no address and key are known. */
  static open(terminal: Terminal, options: CommonOptions, { profileFile }: Pick<Surroundings, 'profileFile'>): Session {
    const profile = readProfile(profileFile);
    if (profile === undefined) {
      throw new CommandFailure(
        `No address and key are known (${profileFile})`,
        'Start an installation: freehold up. Or: freehold login --address http://… --key-stdin',
      );
    }
    return new Session(terminal, options, profile, positionFileOf(profileFile));
  }

  get address(): string {
    return this.profile.address;
  }

  /** The operator that the key belongs to; undefined for the provider's own. */
  get operatorOfKey(): string | undefined {
    return operatorOfKey(this.profile.key);
  }

  /** A change is remembered, and what is read afterwards, by this user, reflects it. */
  async call<Row extends Operation>(row: Row, call: ApiCall<Row>): Promise<Answered<ReplyOf<Row>>> {
    const { idempotencyKey = this.options.idempotencyKey } = call;
    const body = row.kind === 'query' ? { ...this.#after(row), ...Object(call.body) } : call.body;
    const answered = await this.#client.call(row, { ...call, body, idempotencyKey });
    if (row.kind === 'command' && answered.position !== null) this.#remember(answered.position);
    return answered;
  }

  health(): Promise<CellHealth> {
    return this.#client.health();
  }

  async ask<Row extends Operation>(row: Row, params: ApiCall<Row>['params'], body: ApiCall<Row>['body']) {
    return (await this.call(row, { params, body })).reply;
  }

  /** As JSON with `--json`; otherwise as `text` says. */
  show(value: unknown, text: () => string): void {
    this.terminal.out(this.options.json === true ? JSON.stringify(value, undefined, 2) : text());
  }

  #after(row: Operation): { after?: Position } {
    if (!(row.body instanceof z.ZodObject) || !('after' in row.body.shape) || !('at' in row.body.shape)) return {};
    const seen = Seen.safeParse(JSON.parse(readIfThere(this.positionFile) ?? 'null')).data;
    return seen?.address === this.address ? { after: seen.position } : {};
  }

  #remember(position: Position): void {
    writePrivate(this.positionFile, JSON.stringify({ address: this.address, position }));
  }
}

const Seen = z.object({ address: z.string(), position: Position }).nullable();
