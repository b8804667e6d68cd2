// "Teach it": the photos of a visitor's own classes, and the head that they make. The same training as in the Worker and on
// the command line (src/heads/train.ts), so a head that is saved is the same file.
import { dotProducts } from '../engine/gram.ts';
import { wilson } from '../heads/accuracy.ts';
import { quantizeFeatures } from '../heads/features.ts';
import { encodeHead } from '../heads/file.ts';
import { type Head, predict } from '../heads/head.ts';
import { train } from '../heads/train.ts';
import type { Question, Said, TrainedAnswer } from './messages.ts';

/** As the server names versions (src/heads/publish.ts). */
const VERSION_DIGITS = 12;

type Layers = Readonly<Record<string, Float32Array>>;

export class Teaching {
  /** u7 of each layer, by the photo's number. */
  readonly #photos = new Map<number, Record<string, Uint8Array[]>>();
  #head: Head | undefined;

  /** Keeps a photo. Returns what the head says of it, which has not learnt from it yet. */
  learn(photo: number, layers: Layers): Said | undefined {
    const features = Object.entries(layers).map(([name, x]): [string, Uint8Array[]] => [
      name,
      [quantizeFeatures(x)],
    ]);
    this.#photos.set(photo, Object.fromEntries(features));
    return this.ask(layers);
  }

  forget(photos: readonly number[]): void {
    for (const photo of photos) this.#photos.delete(photo);
  }

  /** Undefined before there is a head. */
  ask(layers: Layers): Said | undefined {
    const head = this.#head;
    const x = layers[head?.facts.layer ?? ''];
    if (!head || !x) return undefined;
    const { probabilities, known } = predict(head, x);
    return { labels: head.facts.labels, probabilities, known };
  }

  /** Throws ServiceError bad-examples, too-many-examples; the head before stays then. */
  async train(
    kernels: WebAssembly.Module,
    { name, backbone, photos }: Extract<Question, { kind: 'train' }>,
  ): Promise<TrainedAnswer> {
    const examples = photos.map(({ photo, label }) => ({
      label: label ?? undefined,
      layers: this.#photos.get(photo) ?? {},
    }));
    const started = performance.now();
    const { head, leftOut } = train(examples, {
      name,
      backbone,
      layers: Object.keys(examples[0]?.layers ?? {}),
      dotProducts: (left, right) => dotProducts(kernels, left, right),
    });
    const ms = performance.now() - started;
    this.#head = head;
    const { labels, layer, correct } = head.facts;
    const [low, high] = wilson(correct, leftOut.length);
    return {
      kind: 'trained',
      labels,
      layer,
      correct,
      of: leftOut.length,
      low,
      high,
      leftOut: leftOut.map(({ example, label, predicted, own, probability }) => ({
        photo: photos[example]?.photo ?? -1,
        label: labels[label] ?? '',
        predicted: labels[predicted] ?? '',
        own,
        probability,
      })),
      version: (await encodeHead(head)).sha256.slice(0, VERSION_DIGITS),
      ms,
    };
  }
}
