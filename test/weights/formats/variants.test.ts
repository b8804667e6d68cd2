// The known networks, written out a second time from their papers and prototxt files: the encoders take theirs from
// the same table as the importers, so only this test sees a mistake in it.
import { expect, test } from 'vitest';
import { inferShapes } from '../../../src/network/shapes.ts';
import { PREPROCESS } from '../../../weights/formats/network/preprocess-presets.ts';
import {
  findVariant,
  VARIANTS,
  type VariantName,
  variantNetwork,
} from '../../../weights/formats/network/variants.ts';

/** Name, then size and numbers, as a line each. */
function written(variant: VariantName): string[] {
  return inferShapes(variantNetwork(variant)).map(({ layer, output }) => {
    const size = `${output.width}x${output.height}x${output.channels}`;
    if (layer.type === 'conv')
      return `${layer.name} ${layer.kernel}/${layer.stride}+${layer.pad} g${layer.groups} ${size}${layer.relu ? ' relu' : ''}`;
    if (layer.type === 'lrn') return `${layer.name} ${layer.size} ${layer.alpha} ${layer.beta} k${layer.k}`;
    if (layer.type === 'maxpool') return `${layer.name} ${layer.kernel}/${layer.stride} ${size}`;
    return `${layer.name} ${output.channels}${layer.type === 'dense' && layer.relu ? ' relu' : ''}`;
  });
}

const NORM = (index: number, k: number) => `norm${index} 5 0.0001 0.75 k${k}`;
const TWO_GROUP_REST = [
  'conv3 3/1+1 g1 13x13x384 relu',
  'conv4 3/1+1 g2 13x13x384 relu',
  'conv5 3/1+1 g2 13x13x256 relu',
  'pool5 3/2 6x6x256',
  'fc6 4096 relu',
  'fc7 4096 relu',
  'fc8 1000',
  'prob 1000',
];
const CONV1 = 'conv1 11/4+0 g1 55x55x96 relu';
const CONV2 = 'conv2 5/1+2 g2 27x27x256 relu';
const POOL1 = 'pool1 3/2 27x27x96';
const POOL2 = 'pool2 3/2 13x13x256';

test.each([
  ['bvlc-alexnet', [CONV1, NORM(1, 1), POOL1, CONV2, NORM(2, 1), POOL2]],
  ['caffenet', [CONV1, POOL1, NORM(1, 1), CONV2, POOL2, NORM(2, 1)]],
  ['paper', [CONV1, NORM(1, 2), POOL1, CONV2, NORM(2, 2), POOL2]],
] as const)('%s', (variant, start) => {
  expect(written(variant)).toEqual([...start, ...TWO_GROUP_REST]);
  expect(variantNetwork(variant).input.size).toBe(227);
});

test.each(['torchvision', 'paddleclas'] as const)('%s', (variant) => {
  expect(written(variant)).toEqual([
    'conv1 11/4+2 g1 55x55x64 relu',
    'pool1 3/2 27x27x64',
    'conv2 5/1+2 g1 27x27x192 relu',
    'pool2 3/2 13x13x192',
    'conv3 3/1+1 g1 13x13x384 relu',
    'conv4 3/1+1 g1 13x13x256 relu',
    'conv5 3/1+1 g1 13x13x256 relu',
    'pool5 3/2 6x6x256',
    'fc6 4096 relu',
    'fc7 4096 relu',
    'fc8 1000',
    'prob 1000',
  ]);
  expect(variantNetwork(variant).input.size).toBe(224);
});

test('the parameters and multiply-adds of the published networks', () => {
  const sums = (variant: VariantName) =>
    inferShapes(variantNetwork(variant)).reduce(
      (sum, { macs, parameters }) => ({ macs: sum.macs + macs, parameters: sum.parameters + parameters }),
      { macs: 0, parameters: 0 },
    );
  expect(sums('bvlc-alexnet')).toEqual({ macs: 724_406_816, parameters: 60_965_224 });
  expect(sums('torchvision').parameters).toBe(61_100_840);
});

test('a graph is recognised by its layers; a changed one is none', () => {
  for (const variant of VARIANTS.slice(0, 4)) expect(findVariant(variantNetwork(variant))).toBe(variant);
  const network = variantNetwork('bvlc-alexnet');
  const changed = network.layers.map((layer) => (layer.name === 'norm1' ? { ...layer, size: 3 } : layer));
  expect(findVariant({ ...network, layers: changed })).toBeUndefined();
});

test('means and deviations are R, G, B in 0..255', () => {
  expect(PREPROCESS.caffe).toMatchObject({
    resize: 'warp',
    resizeTo: 256,
    crop: 227,
    mean: [122.67891434, 116.66876762, 104.00698793],
    std: [1, 1, 1],
    trainedOn: 'BGR',
  });
  const { mean, std, ...rest } = PREPROCESS.torchvision;
  expect(rest).toEqual({ resize: 'shorter-side', resizeTo: 256, crop: 224, trainedOn: 'RGB' });
  [123.675, 116.28, 103.53].forEach((value, i) => {
    expect(mean[i]).toBeCloseTo(value, 6);
  });
  [58.395, 57.12, 57.375].forEach((value, i) => {
    expect(std[i]).toBeCloseTo(value, 6);
  });
});
