import { expect, test } from '@jest/globals';
import { poll } from '../poll.js';
import { OUTPUT_LIMIT_BYTES } from '../runtime-backend.js';
import { ended, logged, present, type Scene, unitSpec } from './backend-harness.conformance.js';

export function execAndLogs({ backend, harness }: Scene): void {
  const quick = { timeoutMs: 10_000, environment: {} };

  test('exec hands stdin on and keeps stdout and stderr apart', async () => {
    const { id } = await present(backend());
    const result = await backend().exec(id, { ...quick, command: harness().commands.copy(), stdin: 'grüße' });
    expect(result).toEqual({ exitCode: 0, stdout: 'grüße', stderr: 'complaint', truncated: false });
  });

  test('exec gives its variables and answers the exit code', async () => {
    const { id } = await present(backend());
    const quoted = `it's "$HOME" \`x\``;
    const told = await backend().exec(id, {
      ...quick,
      command: harness().commands.variable('WORD'),
      environment: { WORD: quoted },
    });
    expect(told.stdout.trim()).toBe(quoted);
    expect(await backend().exec(id, { ...quick, command: harness().commands.exit(3) })).toMatchObject({ exitCode: 3 });
  });

  test('exec bounds what it keeps', async () => {
    const { id } = await present(backend());
    const result = await backend().exec(id, { ...quick, command: harness().commands.flood(OUTPUT_LIMIT_BYTES + 5) });
    expect(result.truncated).toBe(true);
    expect(result.stdout.length).toBe(OUTPUT_LIMIT_BYTES);
  });

  test('exec ends what takes too long', async () => {
    const { id } = await present(backend());
    const slow = { command: harness().commands.stubborn(), timeoutMs: 300, environment: {} };
    await expect(backend().exec(id, slow)).rejects.toMatchObject({ code: 'exec-timed-out' });
    expect(await poll(5_000, async () => ((await backend().usage(id)).pids === 0 ? true : undefined))).toBe(true);
  });

  test('logs answers the last lines', async () => {
    const { id } = await present(backend());
    await backend().start(id, unitSpec(harness().commands.lines(5)));
    await logged(backend(), id, 'line 5');
    expect(await Array.fromAsync(backend().logs(id, 'main', { lines: 2 }))).toEqual(['line 4', 'line 5']);
    expect(await Array.fromAsync(backend().logs(id, 'other'))).toEqual([]);
  });

  test('logs follows, across a restart of the unit, until the signal', async () => {
    const { id } = await present(backend());
    const abort = new AbortController();
    const seen: string[] = [];
    await backend().start(id, unitSpec(harness().commands.exit(0)));
    await ended(backend(), id);
    const reading = (async () => {
      for await (const line of backend().logs(id, 'main', { follow: true, signal: abort.signal })) seen.push(line);
    })();
    await backend().start(id, unitSpec(harness().commands.lines(2)));
    await poll(10_000, async () => (seen.includes('line 2') ? true : undefined));
    abort.abort();
    await reading;
    expect(seen).toEqual(['bye', 'line 1', 'line 2']);
  });
}
