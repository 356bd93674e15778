import type { Finding } from '@freehold/kernel';
import { parseDocument } from 'yaml';
import {
  isObject,
  packageText,
  pointer,
  type Json,
  type LoadResult,
  type PackageFile,
} from './domain/application-package.js';
import { descriptionFindings } from './domain/description.findings.js';
import { AppDescription } from './domain/description.schema.js';
import { agreementFindings } from './domain/package.agreement.js';
import { looseRequirements } from './domain/requirements.check.js';
import { settingsSchemaFindings } from './domain/settings.agreement.js';
import { archiveFiles, sha256 } from './package.form.js';

export const DESCRIPTION_PATH = 'app.yaml';
export const SETTINGS_PATH = 'settings.schema.json';

/** A package from its files: all findings at once, or the package. Paths must have been checked by whoever read them. */
export function parsePackage(files: readonly PackageFile[]): LoadResult {
  const ordered = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const description = readDescription(ordered);
  const settings = readSettings(ordered);
  const findings = [...description.findings, ...settings.findings];
  const app = description.app;
  if (app !== undefined) {
    findings.push(...fileFindings(app, ordered));
    if (isObject(settings.schema)) findings.push(...agreementFindings(app, settings.schema));
  }
  if (findings.length > 0 || app === undefined || !isObject(settings.schema)) return { kind: 'refused', findings };
  const { digest } = archiveFiles(ordered);
  return { kind: 'loaded', package: { description: app, settingsSchema: settings.schema, files: ordered, digest } };
}

function missing(path: string, at: string): Finding {
  const hint = 'Add the file (UTF-8) to the package’s folder, or correct the path.';
  return { pointer: at, code: 'file-missing', detail: `${path} is not in the package`, hint };
}

function readDescription(files: readonly PackageFile[]): { app?: AppDescription; findings: Finding[] } {
  const text = packageText(files, DESCRIPTION_PATH);
  if (text === undefined) return { findings: [missing(DESCRIPTION_PATH, '')] };
  const document = parseDocument(text, { merge: false });
  if (document.errors.length > 0) {
    const hint = 'Correct the YAML.';
    return {
      findings: document.errors.map((error) => ({ pointer: '', code: 'yaml-invalid', detail: error.message, hint })),
    };
  }
  const parsed = AppDescription.safeParse(plainValue(document));
  return parsed.success ? { app: parsed.data, findings: [] } : { findings: descriptionFindings(parsed.error) };
}

/** Aliases are refused (`maxAliasCount: 0`), so that a small file cannot become a huge value. */
function plainValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function readSettings(files: readonly PackageFile[]): { schema?: Json; findings: Finding[] } {
  const text = packageText(files, SETTINGS_PATH);
  if (text === undefined) return { findings: [missing(SETTINGS_PATH, pointer(SETTINGS_PATH))] };
  try {
    const schema: Json = JSON.parse(text);
    return { schema, findings: settingsSchemaFindings(schema) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'it cannot be read';
    const hint = 'Write the settings schema as JSON.';
    return { findings: [{ pointer: pointer(SETTINGS_PATH), code: 'json-invalid', detail, hint }] };
  }
}

/** Files that the description names: present, and requirements pinned by hashes and by their digest. */
function fileFindings(app: AppDescription, files: readonly PackageFile[]): Finding[] {
  const named: [string, string][] = [
    [app.about, '/about'],
    [app.icon, '/icon'],
    ...Object.entries(app.hooks).flatMap(([name, hook]): [string, string][] =>
      hook === undefined ? [] : [[hook.script, pointer('hooks', name, 'script')]],
    ),
    ...(app.variants.process?.units ?? []).flatMap((unit, index) =>
      unit.command.flatMap((argument, place): [string, string][] => {
        const inside = /^\$\{package\}\/(.+)$/.exec(argument)?.[1];
        const at = pointer('variants', 'process', 'units', index, 'command', place);
        return inside === undefined ? [] : [[inside, at]];
      }),
    ),
  ];
  const absent = named
    .filter(([path]) => packageText(files, path) === undefined)
    .map(([path, at]) => missing(path, at));
  const requirements = app.releases.flatMap((release, index) => {
    const at = pointer('releases', index, 'installs', 'process');
    const install = release.installs.process;
    if (install !== undefined) return requirementFindings(install, at, files);
    const hint = 'Say what is installed for the process variant.';
    const detail = `nothing is installed for version ${release.version}`;
    return app.variants.process === undefined ? [] : [{ pointer: at, code: 'install-missing', detail, hint }];
  });
  return [...absent, ...requirements];
}

const LOOSE: Readonly<Record<string, string>> = {
  'no-version': 'does not name one exact version',
  'no-hash': 'has no sha-256',
  option: 'is an option; a requirements file of a package has none',
};

function requirementFindings(
  install: { requirements: string; digest: string },
  at: string,
  files: readonly PackageFile[],
): Finding[] {
  const text = packageText(files, install.requirements);
  if (text === undefined) return [missing(install.requirements, `${at}/requirements`)];
  const hint = 'Make the file with a resolver that writes hashes (README of the packages folder).';
  const loose = looseRequirements(text).map(({ line, why }) => ({
    pointer: `${at}/requirements`,
    code: 'requirement-loose',
    detail: `${line} ${LOOSE[why]}`,
    hint,
  }));
  const digest = sha256(text);
  if (digest === install.digest) return loose;
  const detail = `the digest of ${install.requirements} is ${digest}`;
  return [
    ...loose,
    {
      pointer: `${at}/digest`,
      code: 'digest-unequal',
      detail,
      hint: 'Write this digest if the file is the one you mean.',
    },
  ];
}
