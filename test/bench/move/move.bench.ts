import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prober } from '../../kit/prober.js';
import { routerAgent } from '../../kit/router-agent.js';
import type { BenchOptions, Report } from '../bench.js';
import { megabytes, seconds } from '../rounds.js';
import { albumPackage } from './album-package.js';
import { ByHand } from './by-hand.js';
import { bytesOf, coldCaches, type Sizes, writePhotos } from './content.js';
import { cutMove } from './cut.js';
import { changeRows, fillAlbum } from './fill-album.js';
import { moveReport, type Round } from './move.report.js';
import { beginMove, forgetPeak, moveEnds, orderAlbum, peakOf, roundsOf, startAlbumProvider } from './providers.js';
import type { Provider } from '../../kit/provider.js';

/** What each round works on. */
export interface Ground {
  readonly sizes: Sizes;
  readonly hand: ByHand;
  readonly say: (line: string) => void;
}

/** Two providers on this machine, an album moved between them, and the same by hand; each round with new installations. */
export async function moveBench({ rounds, sizes, say }: BenchOptions): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'freehold-move-'));
  let hand: ByHand | undefined;
  try {
    say(`writes ${sizes.files} files of ${sizes.gigabytes} GB, and ${sizes.rows} rows: not counted`);
    const photos = join(folder, 'source', 'photos');
    mkdirSync(photos, { recursive: true });
    writePhotos(photos, sizes);
    hand = await ByHand.prepare(folder, sizes);
    const ground = { sizes, hand, say };
    const measured: Round[] = [];
    for (let n = 1; n <= rounds; n += 1) {
      measured.push(await oneRound(ground));
      say(`round ${n} of ${rounds}: ${sayRound(measured.at(-1), sizes)}`);
    }
    say('cuts a transfer in the middle');
    const cut = await withProviders(sizes, (source, target) => cutMove(ground, { source, target }));
    return moveReport(measured, cut, sizes);
  } finally {
    await hand?.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oneRound(ground: Ground): Promise<Round> {
  const { hand, sizes, say } = ground;
  say('by hand');
  const firstRound = await hand.firstRound();
  const handDowntimeMs = await hand.downtime(sizes);
  const { rsyncMs, digestsMs } = firstRound;
  say(`by hand: rsync ${seconds(rsyncMs)}, digests ${seconds(digestsMs)}, downtime ${seconds(handDowntimeMs)}`);
  const ours = await withProviders(sizes, (source, target) => ourMove(ground, source, target));
  return { ...firstRound, handDowntimeMs, ...ours };
}

async function withProviders<Result>(sizes: Sizes, work: (source: Provider, target: Provider) => Promise<Result>) {
  const album = albumPackage(sizes.gigabytes);
  const source = await startAlbumProvider('source.test', album);
  await using _source = source.installation;
  const target = await startAlbumProvider('target.test', album);
  await using _target = target.installation;
  return await work(source, target); // not before are the two disposed of
}

async function ourMove({ sizes, hand, say }: Ground, source: Provider, target: Provider) {
  say('orders an album, and fills it: not counted');
  const album = await orderAlbum(source, 'album.source.test');
  await fillAlbum(album, hand.photos, sizes);
  const { router } = source.installation;
  await coldCaches();
  for (const side of [source, target]) forgetPeak(side);
  const prober = new Prober({ url: `http://${album.name}:${router.port}/`, agent: routerAgent(router), everyMs: 20 });
  say('moves it');
  const taking = await beginMove(source, target, album);
  const told = sayChanged(say);
  let changed: Promise<void> | undefined;
  const ended = await moveEnds(target, taking, (text) => {
    told(text);
    if (text.startsWith('restores what was copied ahead')) changed ??= changeRows(album);
  });
  const { longestPauseMs } = await prober.stop();
  if (changed === undefined) throw new Error('the database was not copied ahead: its rows did not change');
  await changed;
  return {
    rounds: await roundsOf(target, taking),
    downtimeMs: longestPauseMs,
    sourcePeak: peakOf(source),
    targetPeak: peakOf(target),
    steps: ended.steps.map(({ name, endedAt }) => ({ name, endedAt })),
  };
}

function sayChanged(say: (line: string) => void): (text: string) => void {
  let said = '';
  return (text) => {
    const what = text.replace(/\d.*/, '');
    if (what !== said) say(text);
    said = what;
  };
}

const sayRound = (round: Round | undefined, sizes: Sizes): string => {
  const first = round?.rounds[0];
  if (round === undefined || first === undefined) return '';
  const rate = bytesOf(sizes) / (first.durationMs / 1000);
  return `first round ${seconds(first.durationMs)} (${megabytes(rate)}/s), downtime ${seconds(round.downtimeMs)}`;
};
