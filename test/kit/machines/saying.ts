import type { ChildProcess } from 'node:child_process';

const PATIENCE_MS = 60_000;

/** Resolves when a program says this, on either of its outputs; to what it was. @throws Error with all that it said meanwhile */
export function saying(program: ChildProcess, what: RegExp): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const streams = [program.stdout, program.stderr];
    const leave = (): void => {
      clearTimeout(timer);
      for (const stream of streams) stream?.off('data', take);
      program.off('exit', ended);
    };
    const take = (text: Buffer): void => {
      said += String(text);
      const [found] = what.exec(said) ?? [];
      if (found === undefined) return;
      leave();
      resolve(found);
    };
    const fail = (why: string): void => {
      leave();
      reject(new Error(`${program.spawnargs.join(' ')} ${why}:\n${said}`));
    };
    const ended = (): void => fail('has ended');
    const timer = setTimeout(() => fail('is not ready in time'), PATIENCE_MS);
    for (const stream of streams) stream?.on('data', take);
    program.once('exit', ended);
  });
}
