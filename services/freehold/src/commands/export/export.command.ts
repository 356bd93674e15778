/*
 * `freehold export`: *take home*. Begins an export, waits until its bag lies ready, fetches it, checks all of it.
 *
 *     key beside the bag ─► begin (once, by its idempotency key) ─► announced ─► tag files ─► payload ─► checked
 *
 * A command that dies, at any point, is simply given again with the same --into: it goes on where it was.
 */
import { type BagSummary, checkBag } from '@freehold/bag';
import { beginExport, exportsMade, followMove, openExport } from '@freehold/portability-contract';
import type { Finding, Position } from '@freehold/kernel';
import type { Command } from 'commander';
import { ProblemAnswered } from '../../api/api-failures.js';
import { command, type CommandContext, withSession } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import { followTo } from '../../cli/follow-process.js';
import { deploymentMeant } from '../../cli/name-resolution.js';
import { renderFinding } from '../../cli/render-failure.js';
import type { CommonOptions, Session } from '../../cli/session.js';
import { bytes } from '../../output/durations.js';
import { count, withProgress } from '../../output/transfer-progress.js';
import { ExportPlace, newKey, type Started } from './export-place.js';
import { fetchBag } from './fetch-bag.js';
import { Transfer } from './transfer.js';

type ExportOptions = CommonOptions & { into: string; key?: string };
type Begun = Started & { begun: NonNullable<Started['begun']> };

export const exportCommand = (context: CommandContext): Command =>
  command('export <deployment>', {
    summary: 'take a copy home, as a bag that opens without Freehold; the same again goes on where it was',
    example: 'export chat.freehold.test --into ./chat.bag',
    changes: true,
    operator: true,
  })
    .requiredOption('--into <folder>', 'where the bag comes; must not be there, be empty, or an export that was begun')
    .option('--key <file>', 'age identity file that opens its secrets; one is made beside the bag unless given')
    .action(
      withSession<ExportOptions>(context, async (session, { into, key }, [wanted = '']) => {
        const place = new ExportPlace(into);
        const underWay = await place.started();
        if (underWay !== null) await requireSame(session, underWay, { wanted, key, place });
        const started = underWay ?? (await start(session, place, { wanted, key }));
        const begun = await begin(session, place, started);
        const { exitCode, position } = await announced(session, begun);
        if (exitCode !== EXIT.ok) {
          await place.forget();
          return exitCode;
        }
        const summary = await readyBag(session, begun, position);
        await fetchAll(session, place, begun, summary);
        return finish(session, place, begun, summary);
      }),
    );

async function start(
  session: Session,
  place: ExportPlace,
  { wanted, key }: { wanted: string; key: string | undefined },
): Promise<Started> {
  const { operator, deployment } = await deploymentMeant(session, wanted);
  const { file, recipient } = await place.key(key);
  const idempotencyKey = session.options.idempotencyKey ?? newKey();
  return place.keep({
    ...{ address: session.address, operator, deployment, recipient, keyFile: file, idempotencyKey, begun: null },
  });
}

/** What is under way in this folder has to be what is asked for now; by its id also when it is gone meanwhile. */
async function requireSame(
  session: Session,
  started: Started,
  { wanted, key, place }: { wanted: string; key: string | undefined; place: ExportPlace },
): Promise<void> {
  const isNamedById = wanted.length >= 4 && started.deployment.startsWith(wanted.toLowerCase());
  const { deployment } = isNamedById ? started : await deploymentMeant(session, wanted);
  const other = (what: string) =>
    new CommandFailure(
      `Another export is under way in ${place.bag}: ${what}`,
      'Name another folder, or give the command that began it.',
      EXIT.refused,
    );
  if (started.deployment !== deployment) throw other(`of the deployment ${started.deployment}`);
  if (started.address !== session.address) throw other(`from ${started.address}`);
  if (key !== undefined && (await place.key(key)).recipient !== started.recipient) throw other('with another key');
}

async function begin(session: Session, place: ExportPlace, started: Started): Promise<Begun> {
  const { operator, deployment, recipient, idempotencyKey, begun } = started;
  if (begun !== null) return { ...started, begun };
  try {
    const { reply } = await session.call(beginExport, {
      ...{ params: { operator }, body: { deployment, recipient }, idempotencyKey },
    });
    const now = { export: reply.export, process: reply.process };
    place.keep({ ...started, begun: now });
    return { ...started, begun: now };
  } catch (error) {
    const isSurelyNothing = error instanceof ProblemAnswered && error.problem.status < 500;
    if (isSurelyNothing) await place.forget();
    throw error;
  }
}

async function announced(session: Session, { operator, begun: { process } }: Begun) {
  const { last, exitCode } = await followTo(session, { operator, process }, followMove, 'announce');
  const { findings, status } = last.recorded;
  if (exitCode !== EXIT.ok && session.options.json === true) session.show({ outcome: status, findings }, () => '');
  return { exitCode, position: last.position };
}

async function readyBag(session: Session, { operator, begun }: Begun, position: Position): Promise<BagSummary> {
  const params = { operator, export: begun.export };
  const { recorded } = await session.ask(exportsMade.get, params, { after: position });
  if (recorded.bag !== null && recorded.status === 'ready') return recorded.bag;
  throw new CommandFailure(
    `This export has ended (${recorded.status}): the provider does not have its bag any more`,
    'Remove what was fetched of it, or name another folder; then export again.',
    EXIT.notFound,
  );
}

function fetchAll(session: Session, place: ExportPlace, { operator, begun }: Begun, summary: BagSummary) {
  const params = { operator, export: begun.export };
  const transfer = new Transfer(() => session.ask(openExport, params, {}));
  const work = { title: 'fetch', quiet: session.options.json === true };
  return withProgress(session.terminal, work, (onProgress) => fetchBag(place.bag, summary, { transfer, onProgress }));
}

/** Everything is read once more, as anybody could who was given this bag. */
async function finish(
  session: Session,
  place: ExportPlace,
  started: Begun,
  announcedBag: BagSummary,
): Promise<ExitCode> {
  const { terminal, options } = session;
  const work = { title: 'check', quiet: options.json === true };
  const { findings, summary } = await withProgress(terminal, work, (onProgress) => checkBag(place.bag, { onProgress }));
  const { bag, keyFile } = { bag: place.bag, keyFile: started.keyFile };
  const said = { bag, keyFile, recipient: started.recipient, ...started.begun, ...announcedBag, findings };
  if (summary === null) {
    session.show(said, () => `The bag ${bag} is not whole; remove it, and export again.`);
    if (options.json !== true) sayFindings(session, findings);
    return EXIT.refused;
  }
  await place.forget();
  session.show(said, () => wholeText(said));
  return EXIT.ok;
}

function sayFindings({ terminal }: Session, findings: readonly Finding[]): void {
  for (const finding of findings) for (const line of renderFinding(finding, terminal.colours)) terminal.err(line);
}

const wholeText = ({
  bag,
  keyFile,
  payloadFiles,
  payloadBytes,
}: BagSummary & { bag: string; keyFile: string }): string =>
  [
    `It is home: ${count(payloadFiles)} files, ${bytes(payloadBytes)}, every digest checked.`,
    `  ${bag}`,
    `Its secrets open with ${keyFile}: keep it apart from the bag, and do not lose it.`,
    `How to open it, without Freehold: ${bag}/data/README.txt`,
    `Next: freehold bag show ${bag}`,
  ].join('\n');
