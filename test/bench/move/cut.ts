import type { ByHand } from './by-hand.js';
import type { Sizes } from './content.js';
import { fillAlbum } from './fill-album.js';
import type { Provider } from '../../kit/provider.js';
import { beginMove, moveEnds, orderAlbum, roundsOf } from './providers.js';

export interface Cut {
  /** Bytes that came over the network in the round that was cut, more than there are to fetch. */
  readonly repeatedBytes: number;
  readonly largestFile: number;
}

/** In the first round, once half of it has come, the source's platform is killed; it comes back, and the move goes on. */
export async function cutMove(
  { sizes, hand, say }: { readonly sizes: Sizes; readonly hand: ByHand; readonly say: (line: string) => void },
  { source, target }: { readonly source: Provider; readonly target: Provider },
): Promise<Cut> {
  const album = await orderAlbum(source, 'album.source.test');
  await fillAlbum(album, hand.photos, sizes);
  const taking = await beginMove(source, target, album);
  let cut: Promise<void> | undefined;
  await moveEnds(target, taking, (text) => {
    if (cut === undefined && filesIn(text) >= sizes.files / 2) {
      say(`kills the source at: ${text}`);
      cut = source.installation.kill().then(() => source.installation.restart());
    }
  });
  await cut;
  if (cut === undefined) throw new Error('it was never seen at half: take more gigabytes');
  const [first] = await roundsOf(target, taking);
  const repeatedBytes = (first?.fetchedBytes ?? Number.NaN) - (first?.bytes ?? Number.NaN);
  return { repeatedBytes, largestFile: (1.5 * sizes.gigabytes * 1e9) / sizes.files };
}

/** Files that have come, from `round 1: 1,204 of 10,625 files, …`; how many there are is not known from the first moment on. */
const filesIn = (text: string): number => numberOf(/^round 1: ([\d,]+) of /.exec(text)?.[1]);

const numberOf = (text = '0'): number => Number(text.replaceAll(',', ''));
