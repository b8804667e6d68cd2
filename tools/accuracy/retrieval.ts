// What the codes of an index lose: for every photo the six nearest of all others, and how many of them show the same thing;
// by the distance of the activations themselves, by the vectors of 1,024 and 256 numbers, and as an index finds them.
import { codeOf, similarity } from '../../src/retrieval/code.ts';
import { project } from '../../src/retrieval/projection.ts';
import type { LabelledPhoto } from './photographs.ts';
import { askAbout } from './service.ts';

const NEIGHBOURS = 6;
/** As an index does. */
const CANDIDATES = 200;

export interface RetrievalFigures {
  way: string;
  /** Share of the six that show the photo's class, 0..1. */
  precision: number;
}

/** f32 activations of every photo. */
export async function embeddings(
  url: URL,
  photos: readonly LabelledPhoto[],
  done: () => void,
): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const { path } of photos) {
    const { embedding } = await askAbout(url, path, 'include=embedding');
    found.push(Float32Array.from(embedding ?? []));
    done();
  }
  return found;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum;
}

function differingBits(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++)
    for (let rest = (a[i] ?? 0) ^ (b[i] ?? 0); rest > 0; rest &= rest - 1) bits++;
  return bits;
}

/** @param nearest places of all other photos, nearest first, of a photo's place */
function precision(photos: readonly LabelledPhoto[], nearest: (of: number) => number[]): number {
  let same = 0;
  photos.forEach(({ synset }, i) => {
    for (const j of nearest(i).slice(0, NEIGHBOURS)) if (photos[j]?.synset === synset) same++;
  });
  return same / (photos.length * NEIGHBOURS);
}

/** @param activations f32, one for each photo */
export function measureRetrieval(
  photos: readonly LabelledPhoto[],
  activations: readonly Float32Array[],
): RetrievalFigures[] {
  const places = photos.map((_, i) => i);
  const by = (far: (a: number, b: number) => number) => (of: number) => {
    const distances = places.map((place) => far(of, place));
    return places
      .filter((place) => place !== of)
      .sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
  };
  const euclidean = (vectors: readonly ArrayLike<number>[]) =>
    by((a, b) => distance(vectors[a] ?? [], vectors[b] ?? []));
  const wide = activations.map((x) => project(x, 1024));
  const narrow = activations.map((x) => project(x, 256));
  const codes = narrow.map((vector) => codeOf(vector));
  const none = codeOf(new Float32Array(256));
  const code = (i: number) => codes[i] ?? none;
  const bits = by((a, b) => differingBits(code(a).bits, code(b).bits));
  const vectors = (of: number) =>
    bits(of)
      .slice(0, CANDIDATES)
      .map((place) => ({ place, alike: similarity(code(of).vector, code(place).vector) }))
      .sort((a, b) => b.alike - a.alike)
      .map(({ place }) => place);
  const unit = activations.map((x) => {
    const length = Math.sqrt(distance(x, new Float32Array(x.length)));
    return x.map((value) => value / length);
  });
  return [
    { way: 'exact distance of the activations', precision: precision(photos, euclidean(activations)) },
    { way: 'exact angle of the activations', precision: precision(photos, euclidean(unit)) },
    { way: 'vectors of 1,024 numbers', precision: precision(photos, euclidean(wide)) },
    { way: 'vectors of 256 numbers', precision: precision(photos, euclidean(narrow)) },
    { way: 'codes of 256 bits alone', precision: precision(photos, bits) },
    { way: 'an index: codes, then i8 vectors of the best 200', precision: precision(photos, vectors) },
  ];
}
