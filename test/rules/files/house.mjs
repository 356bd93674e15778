// The house as the file rules see it: paths and texts below one root, a clone or a fixture laid out like one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const SKIPPED = ['node_modules', 'dist', '.git', '.nx', '.freehold', 'coverage'];
const TEXT = /\.(ts|tsx|mjs|js|json|md|sh|py|ya?ml|txt|svg|nix|npmrc)$|\/(run|LICENSE|\.npmrc|\.gitignore)$/;

export function openHouse(root) {
  const files = walk(root, root).sort();
  const texts = new Map();
  const read = (file) => {
    if (!texts.has(file)) texts.set(file, readFileSync(join(root, file), 'utf8'));
    return texts.get(file);
  };
  return {
    root,
    files,
    read,
    has: (file) => existsSync(join(root, file)),
    json: (file) => JSON.parse(read(file).replace(/^\s*\/\/.*$/gm, '')),
    /** Every line that matches, as findings. */
    grep: (chosen, pattern, message) =>
      chosen.flatMap((file) =>
        read(file)
          .split('\n')
          .flatMap((line, index) => (pattern.test(line) ? [{ file, line: index + 1, message }] : [])),
      ),
  };
}

export const isSource = (file) => /\.(ts|tsx|mjs)$/.test(file);
export const isText = (file) => TEXT.test(`/${file}`);

function walk(root, folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const skipped = SKIPPED.includes(entry.name) || relative(root, path) === 'test/rules/fixtures';
      return skipped ? [] : walk(root, path);
    }
    return entry.isFile() ? [relative(root, path)] : [];
  });
}
