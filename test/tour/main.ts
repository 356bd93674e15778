/**
 * `npm run tour`: the main job, shown to a newcomer in one terminal, with a real application and real clients.
 * Ends with 1 when anything that it claims does not hold. What it starts lies in one temporary folder and is gone at the
 * end, also after a failure and Ctrl-C (test/kit/installation.ts).
 */
import type { Installation } from '../kit/installation.js';
import { crashPart } from './crash.part.js';
import { leftBehindPart } from './left-behind.part.js';
import { lookBackPart } from './look-back.part.js';
import { movePart, secondOperatorPart, secondProviderPart } from './move.part.js';
import { operatorPart, orderPart, startPart } from './order.part.js';
import { Stage } from './stage.js';
import { talkPart } from './talk.part.js';

async function tour(stage: Stage): Promise<void> {
  stage.line(
    'Freehold: hosting you can leave. This tour takes about three minutes, needs Python 3.11 or newer, and leaves nothing.',
  );
  await using installation = await startPart(stage);
  const place = await operatorPart(stage, installation);
  await orderPart(place);
  const people = await talkPart(place);
  await crashPart(place, people);
  await lookBackPart(place, people);
  await using second = await secondProviderPart(place);
  const there = await secondOperatorPart(place, second);
  await movePart({ from: place, to: there }, people);
  await leftBehindPart({ from: place, to: there });
  for (const person of [people.ada, people.grace]) person.leave();
  await end(stage, [second, installation]);
}

async function end(stage: Stage, installations: readonly Installation[]): Promise<void> {
  stage.part('The end', 'Ctrl-C for both: each stops its application, its services, PostgreSQL and NATS.');
  for (const installation of installations) {
    const { folder } = installation;
    await installation.stop();
    stage.claim(true, `Nothing is left: no process, no port, and ${folder} is gone`, '');
  }
  stage.line(
    [
      `\nAll ${stage.claims} claims held, in ${stage.elapsed()}. Where to go next:`,
      '   npm start                      an installation of your own; it prints what to type',
      '   npx freehold --help            every command, each with an example',
      '   npm run bench -- order         how long an order takes, beside a start by hand',
      '   docs/                          why it is built as it is, and how to add to it',
      '   services/catalog/packages/     how to write a package for another application',
    ].join('\n'),
  );
}

// The exit handlers of test/kit end what runs.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.once(signal, () => process.exit(code));

const stage = new Stage(process.stdout);
try {
  await tour(stage);
  process.exit(0); // matrix-js-sdk leaves timers behind
} catch (error) {
  stage.line(`\nThe tour ends here: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof Error && error.name !== 'ClaimBroken') stage.line(error.stack ?? '');
  process.exit(1);
}
