import { applications } from '@freehold/catalog-contract';
import { followProcess, orderDeployment } from '@freehold/deployment-contract';
import type { Command } from 'commander';
import { command, type CommandContext, withSession } from '../cli/command-context.js';
import { CommandFailure } from '../cli/command-failure.js';
import { EXIT } from '../cli/exit-codes.js';
import { followToEnd } from '../cli/follow-process.js';
import { operatorMeant } from '../cli/name-resolution.js';
import type { CommonOptions, Session } from '../cli/session.js';
import { readSettings, readSettingsFile, type Settings } from '../cli/settings-input.js';
import { duration } from '../output/durations.js';

interface OrderOptions extends CommonOptions {
  name: string;
  nameFor: string[];
  plan?: string;
  release?: string;
  setting: string[];
  settingsFile?: string;
  wait: boolean;
}

export const collect = (value: string, before: string[]): string[] => [...before, value];

/** `freehold order`: an application for an operator, watched until it is live. */
export const orderCommand = (context: CommandContext): Command =>
  command('order <application>', {
    summary: 'order an application, and wait until it is live',
    example: 'order synapse --name chat.freehold.test --setting contact=me@example.org',
    changes: true,
    operator: true,
  })
    .requiredOption('--name <name>', 'domain name under the provider’s zone')
    .option(
      '--name-for <purpose=name>',
      'a further name, of an application that needs several; again for each',
      collect,
      [],
    )
    .option('--plan <plan>', 'another plan than the subscription’s')
    .option('--release <version>', 'another release than the latest')
    .option('--setting <name=value>', 'a setting; again for each. name=@file takes a file’s text', collect, [])
    .option('--settings-file <file>', 'settings as a JSON object')
    .option('--no-wait', 'do not wait until it is live')
    .action(
      withSession<OrderOptions>(context, async (session, options, [application = '']) => {
        const startedAt = performance.now();
        const operator = await operatorMeant(session);
        const { name, plan, release } = options;
        const { reply } = await session.call(orderDeployment, {
          params: { operator },
          body: {
            application,
            name,
            names: Object.fromEntries(options.nameFor.map(pairOf)),
            settings: await settingsOf(session, application, options),
            ...(plan === undefined ? {} : { plan }),
            ...(release === undefined ? {} : { version: release }),
          },
        });
        if (!options.wait) {
          session.show(
            reply,
            () => `Ordered: ${reply.deployment}\nNext: freehold work show ${reply.process.slice(0, 8)}`,
          );
          return EXIT.ok;
        }
        const { last, exitCode } = await followToEnd(session, { operator, process: reply.process }, followProcess);
        const done = { ...reply, outcome: last.recorded.status, findings: last.recorded.findings };
        if (options.json === true || exitCode === EXIT.ok) {
          session.show(done, () => liveText(session, reply.deployment, { name, startedAt }));
        }
        return exitCode;
      }),
    );

/** The first administrator's password is for the operator: a key of the provider does not show it. */
const liveText = (
  { operatorOfKey }: Pick<Session, 'operatorOfKey'>,
  deployment: string,
  { name, startedAt }: { name: string; startedAt: number },
): string =>
  [
    `${name} is live after ${duration(performance.now() - startedAt)} (deployment ${deployment}).`,
    `Next: freehold open ${name}`,
    operatorOfKey === undefined
      ? `      freehold key issue --role owner  (for the operator, who sees with it: freehold show ${name} --first-admin)`
      : `      freehold show ${name} --first-admin`,
  ].join('\n');

/** A name has no `=` in it. */
function pairOf(text: string): [string, string] {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new CommandFailure(`"${text}" is no name`, 'Further names have the form purpose=name.');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Of the file, then those given one by one. What the schema wants as a text stays one. */
async function settingsOf(session: Session, application: string, options: OrderOptions): Promise<Settings> {
  const fromFile = options.settingsFile === undefined ? {} : readSettingsFile(options.settingsFile);
  if (options.setting.length === 0) return fromFile;
  return { ...fromFile, ...readSettings(options.setting, await settingsSchema(session, application)) };
}

/** Empty when it is not known: the order says then what is wrong with the application. */
export const settingsSchema = async (session: Session, application: string): Promise<Record<string, unknown>> =>
  session.ask(applications.get, { application }, {}).then(
    ({ observed }) => observed?.settingsSchema ?? {},
    () => ({}),
  );
