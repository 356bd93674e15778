import { applications, offerings } from '@freehold/catalog-contract';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { listAll } from '../cli/paging.js';
import type { Session } from '../cli/session.js';
import { oneLine, properties, table } from '../output/table.js';

/** `freehold apps [application]`: what can be ordered, and with which settings. */
export const appsCommand = (context: CommandContext): Command =>
  command('apps [application]', {
    summary: 'what can be ordered; of one: its settings',
    example: 'apps synapse',
  }).action(
    withSession(context, (session, _, [application]) =>
      application === undefined ? showAll(session) : showOne(session, application),
    ),
  );

async function showAll(session: Session): Promise<void> {
  const [all, offered] = await Promise.all([
    listAll(session, applications.list, {}),
    listAll(session, offerings.list, {}),
  ]);
  const plansOf = (application: string) =>
    offered
      .filter(({ recorded }) => recorded.application === application && recorded.status === 'open')
      .map(({ recorded }) => `${recorded.plan} ${priceOf(recorded.price)}`)
      .toSorted()
      .join(', ');
  session.show(all, () =>
    [
      table(
        all,
        [
          { title: 'application', value: ({ recorded }) => recorded.application },
          { title: 'title', value: ({ recorded }) => recorded.title },
          { title: 'release', value: ({ recorded }) => latest(recorded.releases) },
          { title: 'plans', value: ({ recorded }) => plansOf(recorded.application) },
          { title: 'tested', value: ({ observed }) => (observed?.proven === true ? 'yes' : 'not proven') },
        ],
        session.terminal,
      ),
      '\nNext: freehold apps <application>',
    ].join('\n'),
  );
}

type Releases = readonly { version: string; date: string; status: string }[];

const latest = (releases: Releases): string =>
  releases.filter(({ status }) => status === 'published').toSorted((a, b) => (a.date < b.date ? 1 : -1))[0]?.version ??
  'withdrawn';

export const priceOf = ({ currency, minorUnits }: { currency: string; minorUnits: number }): string =>
  minorUnits === 0 ? '(free)' : `(${(minorUnits / 100).toFixed(2)} ${currency} a month)`;

interface SettingSchema {
  type?: unknown;
  enum?: unknown[];
  default?: unknown;
  title?: string;
  description?: string;
}

async function showOne(session: Session, application: string): Promise<void> {
  const found = await session.ask(applications.get, { application }, {});
  const { recorded, observed } = found;
  const schema = observed?.settingsSchema ?? {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const settings = Object.entries(Object(schema['properties']) as Record<string, SettingSchema>);
  session.show(found, () =>
    [
      properties([[recorded.title, `release ${latest(recorded.releases)}`]], session.terminal),
      `\n${(observed?.about ?? '').trim()}\n`,
      table(
        settings,
        [
          { title: 'setting', value: ([name]) => name },
          { title: 'takes', value: ([, { type, enum: values }]) => (values ?? [type]).map(String).join(' | ') },
          { title: 'default', value: ([name, each]) => defaultOf(each, required.has(name)) },
          { title: 'what it is', value: ([, { title, description }]) => description ?? title ?? '' },
        ],
        session.terminal,
      ),
      `\nNext: freehold order ${application} ${namesToGive(observed?.names ?? [])} --setting <setting>=<value>`,
    ].join('\n'),
  );
}

/** As options of an order: one name, and one for each further purpose. */
const namesToGive = ([, ...others]: readonly { purpose: string }[]): string =>
  [
    '--name <name>.freehold.test',
    ...others.map(({ purpose }) => `--name-for ${argument(`${oneLine(purpose)}=<name>`)}`),
  ].join(' ');

const argument = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const defaultOf = (schema: SettingSchema, isRequired: boolean): string =>
  schema.default === undefined ? (isRequired ? 'required' : '') : JSON.stringify(schema.default);
