// The known networks and their preprocessing against literal copies of what was published: every other test takes
// both from the table, so a mistake in it would not show there.
import { expect, test } from 'vitest';
import { PREPROCESS } from '../../weights/import/preprocess-presets.ts';
import { findVariant, VARIANTS, type VariantName, variantNetwork } from '../../weights/import/variants.ts';

/** Layer by layer: conv kernel/stride/pad/groups/out, lrn k, pool window rounding, dense out. */
function described(variant: VariantName): string {
  return variantNetwork(variant)
    .layers.map((layer) => {
      switch (layer.type) {
        case 'conv':
          return `c${[layer.kernel, layer.stride, layer.pad, layer.groups, layer.out].join('/')}`;
        case 'lrn':
          return `n${[layer.size, layer.alpha, layer.beta, layer.k].join('/')}`;
        case 'maxpool':
          return `p${layer.kernel}/${layer.stride}${layer.ceil ? 'c' : 'f'}`;
        case 'dense':
          return `d${layer.out}${layer.relu ? 'r' : ''}`;
        default:
          return 's';
      }
    })
    .join(' ');
}

const TAIL = 'c3/1/1/1/384 c3/1/1/2/384 c3/1/1/2/256 p3/2c d4096r d4096r d1000 s';
const ONE_GROUP =
  'c11/4/2/1/64 p3/2f c5/1/2/1/192 p3/2f c3/1/1/1/384 c3/1/1/1/256 c3/1/1/1/256 p3/2f d4096r d4096r d1000 s';

test.each<[VariantName, number, string]>([
  ['bvlc-alexnet', 227, `c11/4/0/1/96 n5/0.0001/0.75/1 p3/2c c5/1/2/2/256 n5/0.0001/0.75/1 p3/2c ${TAIL}`],
  ['caffenet', 227, `c11/4/0/1/96 p3/2c n5/0.0001/0.75/1 c5/1/2/2/256 p3/2c n5/0.0001/0.75/1 ${TAIL}`],
  ['paper', 227, `c11/4/0/1/96 n5/0.0001/0.75/2 p3/2c c5/1/2/2/256 n5/0.0001/0.75/2 p3/2c ${TAIL}`],
  ['torchvision', 224, ONE_GROUP],
  ['paddleclas', 224, ONE_GROUP],
])('%s', (variant, size, layers) => {
  expect(described(variant)).toBe(layers);
  expect(variantNetwork(variant).input).toEqual({ size, channels: 3 });
});

test('a network is found again by its layers; the two one-group ones differ only in their files', () => {
  for (const variant of VARIANTS)
    expect(findVariant(variantNetwork(variant))).toBe(variant === 'paddleclas' ? 'torchvision' : variant);
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
