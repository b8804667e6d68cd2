// How the known networks prepare a picture; `--preprocess NAME` names them for files that cannot say it.
// Sources: Caffe's ilsvrc12 channel means (B, G, R = 104.00698793, 116.66876762, 122.67891434; picture warped
// to 256x256, crop 227); torchvision's mean and standard deviation (RGB 0..1; shorter side 256, crop 224);
// the project's default model (RGB mean, shorter side 256, crop 227).
import type { Preprocess } from '../../../src/network/preprocess.ts';

export const PREPROCESS = {
  caffe: {
    resize: 'warp',
    resizeTo: 256,
    crop: 227,
    mean: [122.67891434, 116.66876762, 104.00698793],
    std: [1, 1, 1],
    trainedOn: 'BGR',
  },
  torchvision: {
    resize: 'shorter-side',
    resizeTo: 256,
    crop: 224,
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
    std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
    trainedOn: 'RGB',
  },
  'rgb-mean': {
    resize: 'shorter-side',
    resizeTo: 256,
    crop: 227,
    mean: [123, 117, 104],
    std: [1, 1, 1],
    trainedOn: 'RGB',
  },
} as const satisfies Record<string, Preprocess>;

export type PreprocessName = keyof typeof PREPROCESS;
