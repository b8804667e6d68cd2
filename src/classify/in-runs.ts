// A list of sources through decoding and the network, some at a time, as they arrive: no more pictures are in memory
// than one run takes.
import { ServiceError } from '../errors.ts';
import { requirePaid } from './paid-list.ts';

/** Crops that are collected before they run. */
const RUN_CROPS = 4;

/**
 * What `run` makes of each source, in order; a source that cannot be read has its error in its place.
 * @param read one source
 * @param crops of each picture
 * @param run takes what was read, one result each
 * Throws what `sources` throws, what `run` throws, and ServiceError too-much-work, too-slow.
 */
export async function inRuns<Source, Picture extends { readonly bytes: number }, Result>(
  sources: AsyncIterable<Source> | Iterable<Source>,
  read: (source: Source) => Promise<Picture>,
  crops: number,
  run: (pictures: Picture[]) => Promise<Result[]>,
): Promise<(Result | ServiceError)[]> {
  const results: (Result | ServiceError)[] = [];
  const paid = { pictures: 0, bytes: 0 };
  let waiting: { place: number; picture: Picture }[] = [];
  const flush = async () => {
    const found = await run(waiting.map(({ picture }) => picture));
    waiting.forEach(({ place }, i) => {
      const result = found[i];
      if (result !== undefined) results[place] = result;
    });
    waiting = [];
  };
  for await (const source of sources) {
    const picture = await read(source).catch((error: unknown) => {
      // Of the whole request, not of one picture.
      if (error instanceof ServiceError && !['too-much-work', 'too-slow'].includes(error.code)) return error;
      throw error;
    });
    if (picture instanceof ServiceError) {
      results.push(picture);
      continue;
    }
    paid.pictures++;
    paid.bytes += picture.bytes;
    requirePaid(paid, crops);
    waiting.push({ place: results.length, picture });
    // Until it has run.
    results.push(new ServiceError('internal', 'expected one result for each picture'));
    if (waiting.length * crops >= RUN_CROPS) await flush();
  }
  if (waiting.length > 0) await flush();
  return results;
}
