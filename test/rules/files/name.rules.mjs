// Names of files, and doors.
import { isSource } from './house.mjs';

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
const BANNED = /(^|[-./])(utils?|helpers?|common|manager|base|misc|shared-code)(?=[-./])/;
const HOUSE = /^(contracts|libs|services|test|deploy)\//;

export const fileName = {
  name: 'file-name',
  why: 'kebab-case with a role, in the words of the field (rule 9 of the style)',
  find: ({ files }) =>
    files
      .filter((file) => HOUSE.test(file) && isSource(file))
      .flatMap((file) => {
        const name = file.slice(file.lastIndexOf('/') + 1);
        if (!KEBAB.test(name)) return [{ file, message: 'is not in kebab-case' }];
        if (BANNED.test(file)) return [{ file, message: 'has a name that says nothing (utils, helpers, common …)' }];
        return [];
      }),
};

export const specLevel = {
  name: 'spec-level',
  why: 'a spec says its level, or Jest does not find it (rule 14 of the style)',
  find: ({ files }) =>
    files
      .filter((file) => /\.(spec|test)\.[cm]?[jt]sx?$/.test(file) && !/\.(unit|int|journey)\.spec\.ts$/.test(file))
      .map((file) => ({ file, message: 'name it *.unit.spec.ts, *.int.spec.ts or *.journey.spec.ts' })),
};

export const publicDoor = {
  name: 'public-door',
  why: 'index.ts is a package’s public door and nothing else (rule 9 of the style)',
  find: ({ files, json }) => {
    const doors = new Set(
      files
        .filter((file) => HOUSE.test(file) && file.endsWith('/package.json'))
        .flatMap((file) =>
          Object.values(json(file).exports ?? {}).map(
            (door) => file.replace(/package\.json$/, '') + (door.source ?? '').slice(2),
          ),
        ),
    );
    return files
      .filter((file) => /(^|\/)index\.(ts|tsx|mjs)$/.test(file) && HOUSE.test(file) && !doors.has(file))
      .map((file) => ({ file, message: 'no package exports this index; name the file by what is in it' }));
  },
};
