import type { TransferSource } from '@freehold/portability-contract';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';

/** A new token is asked for so long before the old one ends. */
const RENEW_BEFORE_MS = 30_000;
const PAUSE_MS = 1_000;
/** So often in a row without a single byte, and it is given up. */
const TRIES = 10;

/** The connection did not come about, or broke: the same again goes on where it was. */
class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
}

/** Fetches files of one bag from an agent's transfer listener, with a token that is renewed when it ends. */
export class Transfer {
  #source: Promise<TransferSource> | undefined;
  #bytes = 0;

  constructor(private readonly ask: () => Promise<TransferSource>) {}

  /** The content from `offset` on; nothing if there is no more. @throws TransferBroken · CommandFailure */
  async open(path: string, offset: number, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const source = await this.#current();
    const headers = {
      authorization: `Bearer ${source.token}`,
      ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
    };
    const url = `${source.url}/bag/${path.split('/').map(encodeURIComponent).join('/')}`;
    const response = await fetch(url, { headers, redirect: 'manual', ...(signal && { signal }) }).catch(broken);
    if (response.status === (offset === 0 ? 200 : 206) && response.body !== null) return this.#counted(response.body);
    await response.body?.cancel();
    if (response.status === 416 && offset > 0) return none();
    if (response.status === 401) this.#source = undefined;
    if (response.status === 404) throw gone(path);
    throw new TransferBroken(`it answered ${response.status}`);
  }

  /** The same again while it breaks, for as long as bytes come. @throws CommandFailure when none come any more */
  async patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1, before = this.#bytes; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TransferBroken)) throw error;
        if (this.#bytes > before) tries = 1;
        if (tries >= TRIES) throw interrupted(error);
        before = this.#bytes;
      }
      await pause(PAUSE_MS);
    }
  }

  async #current(): Promise<TransferSource> {
    const known = await this.#source;
    if (known !== undefined && Date.parse(known.expires) - Date.now() > RENEW_BEFORE_MS) return known;
    const asked = this.ask();
    this.#source = asked;
    asked.catch(() => (this.#source = undefined));
    return asked;
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      broken(error);
    }
  }
}

function broken(error: unknown): never {
  throw new TransferBroken('the connection broke', { cause: error });
}

async function* none(): AsyncGenerator<Uint8Array> {}

const interrupted = ({ message }: TransferBroken) =>
  new CommandFailure(
    `The bag cannot be fetched at the moment: ${message}`,
    'What is here is kept. The same command again goes on where it was.',
    EXIT.unavailable,
  );

const gone = (path: string) =>
  new CommandFailure(
    `The provider does not have ${path} of this bag any more`,
    'See whether the export has ended; begin a new one in another folder: freehold export',
    EXIT.notFound,
  );
