/** Values of the campaigns' options. */
export const list = (text: string | undefined): string[] => (text ?? '').split(',').filter((each) => each !== '');

/** @throws RangeError */
export function number(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`--${name} takes a number`);
}

/** To people; results go to standard output. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
