import { request } from 'node:http';
import { runningOf } from '../kit/remains.js';
import { routerAgent } from '../kit/router-agent.js';
import { show } from './deployed.js';
import { NAME, type Sides } from './tour.js';

/** What the first provider has after the move, and what both logs say. */
export async function leftBehindPart({ from, to }: Sides): Promise<void> {
  const { stage, installation, operatorProfile: profile } = from;
  stage.part(
    'What stays behind',
    'The first provider may never start it again: its tenure has passed. It leads latecomers on, and keeps a sealed copy for a time.',
  );
  const [left, arrived] = [await show(from), await show(to)];
  stage.claim(left.recorded.status === 'left', 'At the first provider it has left', `it is ${left.recorded.status}`);
  stage.claim(
    arrived.recorded.status === 'live' && arrived.recorded.lineage === left.recorded.lineage,
    `At the other it is live, of the same lineage, in tenure ${arrived.recorded.epoch}`,
    `it is ${arrived.recorded.status}`,
  );
  const resume = ['resume', NAME];
  stage.command(resume, 'at the first provider');
  const refused = await installation.freehold(resume, { profile });
  for (const line of `${refused.stdout}${refused.stderr}`.trim().split('\n')) stage.say(line);
  stage.claim(refused.exitCode !== 0, 'The first provider refuses to start it', 'it did not refuse');
  const running = runningOf(installation, left.recorded.environment);
  stage.claim(running.length === 0, 'No process of it runs there', running.join('; '));
  const { router } = installation;
  const status = await statusAt(`http://${NAME}:${router.port}/_matrix/client/versions`, router.address);
  stage.claim(
    status === 200,
    `Who still asks ${router.address} is led on, and answered by the other provider`,
    `the answer is ${status}`,
  );

  stage.part('Two histories', 'Each provider has its own side in its own log.');
  await stage.run(['history', 'deployment', NAME], { profile, remark: 'at the first provider' });
  await stage.run(['history', 'deployment', NAME], { profile: to.operatorProfile, remark: 'at the other provider' });
  await stage.run(['move', 'status'], { profile });
}

/** Of an answer of the router at this address, whatever the name server says. */
function statusAt(url: string, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent: routerAgent({ address }) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
