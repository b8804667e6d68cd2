// The examples of a training, checked and put in an order of their own (by label, then by features), so that names of
// files and the order of their arrival change nothing.
import { quotedExcerpt, ServiceError } from '../errors.ts';

export interface Example {
  /** Its class; undefined: a photo of something else. */
  label: string | undefined;
  /** By layer: u7 features of the photo and, where it is an example too, of its mirror image. */
  layers: Readonly<Record<string, readonly Uint8Array[]>>;
}

/** An n x n matrix of f64 must fit into memory: 128 MB. */
export const MAX_EXAMPLES = 4_000;
export const MAX_CLASSES = 1_000;
export const MAX_LABEL_LENGTH = 200;
const MIN_PHOTOS = 2;

interface Placed {
  example: Example;
  /** Place in the list that was given. */
  index: number;
}

function bad(message: string): ServiceError {
  return new ServiceError('bad-examples', message);
}

/** The labels, sorted. Throws ServiceError bad-examples, too-many-examples. */
export function checkExamples(examples: readonly Example[], layers: readonly string[]): string[] {
  if (examples.length > MAX_EXAMPLES)
    throw new ServiceError(
      'too-many-examples',
      `expected at most ${MAX_EXAMPLES} photos, got ${examples.length}`,
      { members: { limit: { examples: MAX_EXAMPLES } } },
    );
  const counts = new Map<string, number>();
  for (const { label } of examples) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  const labels = [...counts.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (labels.length < 2)
    throw bad(
      `expected photos of two classes or more, got ${labels.length === 1 ? `only ${quotedExcerpt(labels[0] ?? '')}` : 'none'}`,
    );
  if (labels.length > MAX_CLASSES)
    throw new ServiceError(
      'too-many-examples',
      `expected at most ${MAX_CLASSES} classes, got ${labels.length}`,
      {
        members: { limit: { classes: MAX_CLASSES } },
      },
    );
  for (const [label, count] of counts) {
    if (label === '' || label.length > MAX_LABEL_LENGTH)
      throw bad(`class ${quotedExcerpt(label)}: expected a name of 1 to ${MAX_LABEL_LENGTH} characters`);
    if (count < MIN_PHOTOS)
      throw bad(`class ${quotedExcerpt(label)}: expected ${MIN_PHOTOS} photos or more, got ${count}`);
  }
  checkDistinct(examples, layers[0] ?? '');
  return labels;
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The same photo in two classes contradicts itself. */
function checkDistinct(examples: readonly Example[], layer: string): void {
  const seen = new Map<number, Example[]>();
  const features = ({ layers }: Example) => layers[layer]?.[0] ?? new Uint8Array(0);
  for (const example of examples) {
    const hash = hashOf(features(example));
    const alike = seen.get(hash);
    for (const other of alike ?? [])
      if (other.label !== example.label && compareBytes(features(other), features(example)) === 0)
        throw bad(
          `expected each photo in one class, found the same photo in ${quotedExcerpt(other.label ?? 'none')} and ` +
            quotedExcerpt(example.label ?? 'none'),
        );
    if (alike) alike.push(example);
    else seen.set(hash, [example]);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
}

/** In the order that training uses. */
export function sortExamples(
  given: readonly Example[],
  labels: readonly string[],
  layer: string,
): { examples: Placed[]; strangers: Placed[] } {
  const place = new Map(labels.map((label, i) => [label, i]));
  const placed = given.map((example, index) => ({ example, index }));
  const features = ({ example }: Placed) => example.layers[layer]?.[0] ?? new Uint8Array(0);
  const classOf = ({ example }: Placed) => place.get(example.label ?? '') ?? 0;
  const inOrder = (list: Placed[]) =>
    list.sort(
      (a, b) => classOf(a) - classOf(b) || compareBytes(features(a), features(b)) || a.index - b.index,
    );
  return {
    examples: inOrder(placed.filter(({ example }) => example.label !== undefined)),
    strangers: inOrder(placed.filter(({ example }) => example.label === undefined)),
  };
}
