// What a model was trained on and how, as far as it is known, and the paper's own facts and figures beside it, in the same
// members. Known by the checksum of the float weights that it was packed from.
import * as v from 'valibot';
import type { ModelInfo } from '../../network/model-info.ts';

export const Training = v.object({
  data: v.string(),
  photos: v.number(),
  classes: v.number(),
  cycles: v.pipe(v.number(), v.description('How often each photo was seen.')),
  batch: v.number(),
  momentum: v.number(),
  weight_decay: v.number(),
  learning_rate: v.string(),
  dropout: v.pipe(v.number(), v.description('Share of fc6 and fc7 that is dropped.')),
  augmentation: v.array(v.string()),
  normalization: v.string(),
  other: v.array(v.string()),
  accuracy: v.array(
    v.object({
      measured_on: v.string(),
      how: v.string(),
      top1: v.pipe(v.number(), v.description('Share of photos whose best class is right, 0 to 1.')),
      top5: v.nullable(v.number()),
    }),
  ),
});
type Training = v.InferOutput<typeof Training>;

/** Krizhevsky, Sutskever and Hinton 2012: sections 3 to 5, tables 1 and 2. */
export const PAPER: Training = {
  data: 'ILSVRC-2010 and ILSVRC-2012: ImageNet, 1,000 classes',
  photos: 1_200_000,
  classes: 1000,
  cycles: 90,
  batch: 128,
  momentum: 0.9,
  weight_decay: 0.0005,
  learning_rate: '0.01, divided by 10 three times, when the validation error stopped improving',
  dropout: 0.5,
  augmentation: [
    'random crops of 224 out of 256',
    'mirroring',
    'shift of colors along their principal components, sigma 0.1',
  ],
  normalization: 'local response normalization after conv1 and conv2: size 5, alpha 1e-4, beta 0.75, k 2',
  other: ['two towers on two GTX 580 with 3 GB, five to six days'],
  accuracy: [
    { measured_on: 'ILSVRC-2010, test', how: 'one network, ten crops', top1: 0.625, top5: 0.83 },
    { measured_on: 'ILSVRC-2010, test', how: 'one network, one crop', top1: 0.61, top5: 0.817 },
    { measured_on: 'ILSVRC-2012, validation', how: 'one network, ten crops', top1: 0.593, top5: 0.818 },
    { measured_on: 'ILSVRC-2012, validation', how: 'five networks, ten crops', top1: 0.619, top5: 0.836 },
    {
      measured_on: 'ILSVRC-2012, validation',
      how: 'seven networks, two of them trained before on ImageNet of fall 2011, ten crops',
      top1: 0.633,
      top5: 0.846,
    },
  ],
};

/** By the SHA-256 of the float weights. */
const KNOWN: Readonly<Record<string, Training>> = {
  '4681261778dac36c7aa180441e534ee6faa7e270233ee33e6f4ea7dd5bc71b54': {
    data: "Imagenette's training split: ten classes of ImageNet, shorter side 160",
    photos: 9_469,
    classes: 10,
    cycles: 21,
    batch: 64,
    momentum: 0.9,
    weight_decay: 0.0005,
    learning_rate: '0.03, falling as a cosine',
    dropout: 0.5,
    augmentation: ['random crops', 'mirroring', 'shift of colors along their principal components'],
    normalization:
      'local response normalization: size 5, alpha 1e-4, beta 0.75, k 1; batch normalization while training, folded into the weights afterwards',
    other: ['label smoothing 0.1', 'fc6 and fc7 pruned to 10 % of their weights while training'],
    accuracy: [
      {
        measured_on: "Imagenette's validation split, 3,925 photos",
        how: 'one network, one crop, before packing',
        top1: 0.832,
        top5: null,
      },
    ],
  },
};

/** Null where it is not known. */
export function trainingOf({ source }: ModelInfo): Training | null {
  return KNOWN[source.sha256] ?? null;
}
