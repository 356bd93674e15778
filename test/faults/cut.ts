import { execFileSync } from 'node:child_process';

/**
 * Nobody reaches an address of this machine any more, whatever is connected already: a route into nothing in the kernel's
 * local table (ip-route(8)). Packets are lost in silence; a new connection fails at once. Only root can.
 */
export class Cut implements Disposable {
  constructor(private readonly address: string) {
    execFileSync('ip', ['route', 'add', 'blackhole', `${address}/32`, 'table', 'local']);
    process.prependOnceListener('exit', this.#mend);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#mend);
    this.#mend();
  }

  readonly #mend = (): void => {
    execFileSync('ip', ['route', 'del', 'blackhole', `${this.address}/32`, 'table', 'local']);
  };
}
