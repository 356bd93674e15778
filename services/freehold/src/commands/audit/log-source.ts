import type { CopyFiles } from '@freehold/evidence';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';

/** Of a full bundle: 256 entries of 65,535 bytes, each after its length. Everything else is smaller. */
const MAX_BYTES = 256 * (0xff_ff + 2);
const TIMEOUT_MS = 30_000;
const PAUSES_MS = [200, 1_000, 3_000, 10_000];

export interface LogSourceOptions {
  /** The log's prefix, `https://cloud.example/log`. */
  url: string;
  /** For bundles of entries, where the provider wants one. */
  bearer?: string | undefined;
  /** Between tries; one try more than there are pauses. */
  pausesMs?: readonly number[];
}

/**
 * A tile log over HTTP (c2sp.org/tlog-tiles). What breaks is tried again; what the log does not have is null.
 *
 * @throws CommandFailure when it does not answer, or refuses.
 */
export class LogSource implements Pick<CopyFiles, 'get'> {
  readonly url: string;

  constructor(private readonly options: LogSourceOptions) {
    this.url = prefixOf(options.url);
  }

  async get(path: string): Promise<Uint8Array | null> {
    const pauses = this.options.pausesMs ?? PAUSES_MS;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#once(path);
      } catch (error) {
        if (error instanceof CommandFailure) throw error;
        const wait = pauses[tries];
        if (wait === undefined) throw this.#silent(error);
        await pause(wait);
      }
    }
  }

  async #once(path: string): Promise<Uint8Array | null> {
    const { bearer } = this.options;
    const headers =
      bearer === undefined || !path.startsWith('tile/entries/') ? {} : { authorization: `Bearer ${bearer}` };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${this.url}/${path}`, { headers, signal, redirect: 'error' });
    if (response.status === 200) return bodyOf(response);
    await response.body?.cancel();
    if (response.status === 404) return null;
    if (response.status === 401 || response.status === 403) throw this.#notPermitted(path);
    throw new Error(`it answered ${response.status}`);
  }

  #silent(cause: unknown): CommandFailure {
    const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : '';
    return new CommandFailure(
      `${this.url} does not answer as a log: ${reason}`,
      'Check the address; what was fetched is kept, and the same command again goes on where it was.',
      EXIT.unavailable,
    );
  }

  #notPermitted(path: string): CommandFailure {
    return new CommandFailure(
      `${this.url} does not give out ${path} to you`,
      'Commits are for those who may see the whole log: take a key with the role auditor (freehold login), and use its profile.',
      EXIT.notPermitted,
    );
  }
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    if (length > MAX_BYTES) throw new Error('it answers with more than any file of a log has');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function prefixOf(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : null;
  if (protocol === 'http:' || protocol === 'https:') return url.replace(/\/+$/, '');
  throw new CommandFailure(`"${url}" is no address of a log`, 'It looks like https://cloud.example/log.');
}
