import type { PortabilityConfig } from '../portability.config.js';

/** Where the state of a move, or an export's bag, is fetched: behind the configured origin, or at the host's listener itself. */
export function transferUrl(
  { transferUrl: configured }: Pick<PortabilityConfig, 'transferUrl'>,
  { address, port }: { readonly address: string; readonly port: number },
  move: string,
): string {
  const listener = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  return `${new URL(configured ?? listener).origin}/v1/transfer/${move}`;
}
