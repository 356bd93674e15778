import type { RuntimeBackend, Volume } from '../backend/runtime-backend.js';

/** Nothing comes after it: a dead agent does not go on. */
const never = <Result>(): Promise<Result> => new Promise(() => undefined);

/** A backend whose agent dies at its n-th call: before it takes effect, or after, unnoticed by the agent. */
export class MortalBackend implements RuntimeBackend {
  calls = 0;
  readonly #died = Promise.withResolvers<void>();
  readonly death = this.#died.promise;

  constructor(
    private readonly inner: RuntimeBackend,
    private readonly diesAt: number,
    private readonly takesEffect: boolean,
  ) {}

  get dead(): boolean {
    return this.calls >= this.diesAt;
  }

  capabilities = () => this.inner.capabilities();
  prepare: RuntimeBackend['prepare'] = (...given) => this.#call(() => this.inner.prepare(...given));
  create: RuntimeBackend['create'] = (...given) => this.#call(() => this.inner.create(...given));
  destroy: RuntimeBackend['destroy'] = (...given) => this.#call(() => this.inner.destroy(...given));
  observe: RuntimeBackend['observe'] = () => this.#call(() => this.inner.observe());
  start: RuntimeBackend['start'] = (...given) => this.#call(() => this.inner.start(...given));
  stop: RuntimeBackend['stop'] = (...given) => this.#call(() => this.inner.stop(...given));
  status: RuntimeBackend['status'] = (...given) => this.#call(() => this.inner.status(...given));
  exec: RuntimeBackend['exec'] = (...given) => this.#call(() => this.inner.exec(...given));
  dial: RuntimeBackend['dial'] = (...given) => this.inner.dial(...given);
  logs: RuntimeBackend['logs'] = (...given) => this.inner.logs(...given);
  usage: RuntimeBackend['usage'] = (...given) => this.inner.usage(...given);
  close = () => this.inner.close();

  volume(id: string, path: string): Volume {
    const volume = this.inner.volume(id, path);
    return {
      read: (...given) => this.#call(() => volume.read(...given)),
      write: (...given) => this.#call(() => volume.write(...given)),
      remove: (...given) => this.#call(() => volume.remove(...given)),
      stream: (...given) => volume.stream(...given),
      walk: () => volume.walk(),
    };
  }

  async #call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.dead) return never();
    this.calls += 1;
    if (!this.dead) return work();
    this.#died.resolve();
    if (this.takesEffect) await work();
    return never();
  }
}
