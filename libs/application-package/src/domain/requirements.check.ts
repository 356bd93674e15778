/** A line of a requirements file that pip would not check against a hash, and why. */
export interface LooseRequirement {
  readonly line: string;
  readonly why: 'no-version' | 'no-hash' | 'option';
}

/**
 * Reads a pip requirements file: every requirement must name one exact version and at least one sha-256; options (an
 * index, another file, an editable folder) are refused, so that what is installed follows from the file alone.
 */
export function looseRequirements(text: string): LooseRequirement[] {
  const logical = text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/);
  return logical.flatMap((whole): LooseRequirement[] => {
    const line = whole.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') return [];
    const name = line.split(/\s/)[0] ?? line;
    if (line.startsWith('-')) return [{ line: name, why: 'option' }];
    if (!/^[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]+\])?==[A-Za-z0-9.!+_-]+(\s|$)/.test(line))
      return [{ line: name, why: 'no-version' }];
    const hashes = [...line.matchAll(/\s--hash=(\S+)/g)].map((match) => match[1] ?? '');
    const hashed = hashes.length > 0 && hashes.every((hash) => /^sha256:[0-9a-f]{64}$/.test(hash));
    return hashed ? [] : [{ line: name, why: 'no-hash' }];
  });
}
