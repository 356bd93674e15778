import { eventually } from '@freehold/supervisor/testing';
import { isAlive } from '@freehold/supervisor';
import { setTimeout as pause } from 'node:timers/promises';
import type { MatrixPerson } from '../kit/matrix-person.js';
import { MatrixWriter } from '../kit/matrix-writer.js';
import { Prober } from '../kit/prober.js';
import { routerAgent } from '../kit/router-agent.js';
import { ownPort, processOf, show } from './deployed.js';
import { NAME, type People, type Tour } from './tour.js';

const BEAT_MS = 200;

/** Kills the platform while people talk, and brings it back. */
export async function crashPart(tour: Tour, people: People): Promise<void> {
  const { stage, installation } = tour;
  stage.part(
    'A crash',
    'SIGKILL for the platform while Ada writes. Applications do not depend on it; only the way by name does here, as the router is inside.',
  );
  const before = await show(tour);
  const synapse = processOf(before);
  const port = ownPort(synapse);
  stage.say(`Synapse is process ${synapse.pid} on 127.0.0.1:${port}; asked every ${BEAT_MS} ms from now on`);
  const { router } = installation;
  const byPort = new Prober({ url: `http://127.0.0.1:${port}/health`, everyMs: BEAT_MS });
  const byName = new Prober({
    url: `http://${NAME}:${router.port}/_matrix/client/versions`,
    agent: routerAgent(router),
    everyMs: BEAT_MS,
  });
  const writing = new MatrixWriter(people.ada, people.room);
  await eventually(() => writing.acknowledged.length >= 5);
  stage.say(`Ada has sent ${writing.acknowledged.length} messages. kill -9 ${installation.pid}`);
  await installation.kill('SIGKILL');
  await pause(1_000); // long enough to be seen
  stage.command(['up', '--home', '<the same folder>']);
  const startedAt = performance.now();
  await installation.restart();
  stage.say(`it serves again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  const resumed = await eventually(() => byName.lastAnswered, { timeoutMs: 30_000 });
  stage.claim(resumed, 'The name leads to Synapse again', 'not within 30 s');
  const sentBefore = writing.acknowledged.length;
  await eventually(() => writing.acknowledged.length >= sentBefore + 5, { timeoutMs: 30_000 });
  await writing.stop();
  const [unit, route] = await Promise.all([byPort.stop(), byName.stop()]);
  const after = processOf(await show(tour));
  stage.claim(
    isAlive(synapse) && after.pid === synapse.pid && after.startTime === synapse.startTime,
    `Synapse never stopped: still process ${after.pid}, started at tick ${after.startTime} of this machine's clock`,
    `it is process ${after.pid} now`,
  );
  stage.claim(
    unit.missed === 0,
    `Its port answered each of ${unit.probes} times (slowest ${unit.slowestMs.toFixed(0)} ms)`,
    `${unit.missed} of ${unit.probes} were not answered`,
  );
  stage.say(
    `  The way by name paused for ${(route.longestPauseMs / 1000).toFixed(1)} s (a router of its own comes later)`,
  );
  const sent = writing.acknowledged.map(({ text }) => text);
  await everythingIsThere(tour, people, sent);
}

/** On Grace's screen, and for a new device that knows only what the server has. */
async function everythingIsThere({ stage }: Tour, { grace, signInGraceAgain }: People, sent: readonly string[]) {
  const missing = (person: MatrixPerson) => sent.filter((text) => timesSeen(person, text) !== 1);
  await eventually(() => missing(grace).length === 0, { timeoutMs: 30_000 });
  const fresh = await signInGraceAgain();
  await eventually(() => missing(fresh).length === 0);
  const wrong = [...missing(grace), ...missing(fresh)];
  fresh.leave();
  stage.claim(
    wrong.length === 0,
    `All ${sent.length} messages that were acknowledged are there, each once`,
    `${wrong.length} are not, or more than once: ${wrong.slice(0, 3).join(', ')}`,
  );
}

const timesSeen = ({ received }: MatrixPerson, wanted: string): number =>
  received.filter(({ text }) => text === wanted).length;
