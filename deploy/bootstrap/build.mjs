// dist folders: as the sources say. Whether anything changed is seen by looking at the sources' times, in some milliseconds.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { node, readStamp, root, writeStamp } from './places.mjs';
import { run, step } from './programs.mjs';

const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
const workspaceFolders = ['contracts', 'libs', 'services'];

/** `also`: further projects beside those of the root tsconfig.json, such as `test`. */
export async function build(also = []) {
  const name = ['build', ...also].join('-');
  const now = sourcesState([...workspaceFolders, ...also]);
  if (readStamp(name)?.state === now && existsSync(join(root, 'services', 'freehold', 'dist'))) return;
  await step('building: tsc -b', () =>
    run(node, [compiler, '-b', 'tsconfig.json', ...also], { cwd: root }).then(() => ''),
  );
  writeStamp(name, { state: now });
}

/** Number of sources and the time of the newest one; a deleted file changes the number. */
function sourcesState(folders) {
  let count = 0;
  let newest = 0;
  const look = (path) => {
    newest = Math.max(newest, statSync(path).mtimeMs);
    count += 1;
  };
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist') walk(path);
      else if (/\.ts$|^tsconfig.*\.json$|^package\.json$/.test(entry.name) && !entry.name.endsWith('.spec.ts'))
        look(path);
    }
  };
  for (const folder of folders) walk(join(root, folder));
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json']) look(join(root, file));
  return `${count} files, newest ${newest}`;
}
