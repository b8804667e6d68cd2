// Every form and variant that is imported, with its encoder: one table for the tests of weights and of logits.

import { encodeOnnx } from '../../tools/fixtures/encode-onnx.ts';
import type { Part } from '../../tools/fixtures/encode-protobuf.ts';
import { encodeSafetensors } from '../../tools/fixtures/encode-safetensors.ts';
import type { TrainedModel } from '../../tools/fixtures/trained-model.ts';
import type { ImportOptions } from '../../weights/formats/import-file.ts';
import type { VariantName } from '../../weights/formats/network/variants.ts';
import { encodeCaffemodel } from './encode/caffemodel.ts';
import { encodeNpy, encodePaddle } from './encode/numpy.ts';
import { encodeTorchStream, encodeTorchZip, TORCHVISION_KEYS } from './encode/torch.ts';

export interface Format {
  label: string;
  variant: VariantName;
  encode: (model: TrainedModel) => Part;
  options: ImportOptions;
  /** Largest difference of a weight, for 16-bit files. */
  tolerance?: number;
}

const torchvisionKeys = (layer: string) => TORCHVISION_KEYS[layer] as string;

export const FORMATS: Format[] = [
  {
    label: 'caffemodel, V1 layers',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeCaffemodel(m, { form: 'older' }),
    options: {},
  },
  {
    label: 'caffemodel, new layers',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeCaffemodel(m, { form: 'newer' }),
    options: { variant: 'bvlc-alexnet' },
  },
  {
    label: 'caffemodel, CaffeNet order',
    variant: 'caffenet',
    encode: (m) => encodeCaffemodel(m, { form: 'older' }),
    options: { variant: 'caffenet' },
  },
  {
    label: 'caffemodel, k = 2',
    variant: 'paper',
    encode: (m) => encodeCaffemodel(m, { form: 'newer' }),
    options: { variant: 'paper' },
  },
  { label: 'ONNX, opset 12', variant: 'bvlc-alexnet', encode: (m) => encodeOnnx(m), options: {} },
  {
    label: 'ONNX, opset 8, initialisers as inputs',
    variant: 'caffenet',
    encode: (m) => encodeOnnx(m, { opset: 8, initializersAsInputs: true, floatData: true, decorated: true }),
    options: {},
  },
  {
    label: 'ONNX, the zoo graph of 224',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeOnnx(m, { opset: 9, zooInput: 224, decorated: true }),
    options: {},
  },
  {
    label: 'ONNX, k = 2, (in, out)',
    variant: 'paper',
    encode: (m) => encodeOnnx(m, { inOut: true }),
    options: {},
  },
  { label: 'ONNX, torchvision', variant: 'torchvision', encode: (m) => encodeOnnx(m), options: {} },
  {
    label: 'npy, Python 2',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeNpy(m, { flavour: 'python2' }),
    options: {},
  },
  {
    label: 'npy, Python 3, column-major',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeNpy(m, { flavour: 'protocol3', fortran: true }),
    options: {},
  },
  {
    label: 'npy, protocol 4, CaffeNet',
    variant: 'caffenet',
    encode: (m) => encodeNpy(m, { flavour: 'protocol4', named: true }),
    options: { variant: 'caffenet' },
  },
  { label: 'PyTorch zip', variant: 'torchvision', encode: (m) => encodeTorchZip(m), options: {} },
  { label: 'PyTorch stream', variant: 'torchvision', encode: (m) => encodeTorchStream(m), options: {} },
  {
    label: 'Paddle, protocol 4',
    variant: 'paddleclas',
    encode: (m) => encodePaddle(m, 'protocol4'),
    options: {},
  },
  {
    label: 'Paddle, protocol 2',
    variant: 'paddleclas',
    encode: (m) => encodePaddle(m, 'python3-protocol2'),
    options: {},
  },
  {
    label: 'safetensors, F32',
    variant: 'bvlc-alexnet',
    encode: (m) => encodeSafetensors(m),
    options: { preprocess: 'caffe' },
  },
  {
    label: 'safetensors, F16',
    variant: 'paper',
    encode: (m) => encodeSafetensors(m, { dtype: 'F16' }),
    options: { preprocess: 'caffe', variant: 'paper' },
    tolerance: 1e-3,
  },
  {
    label: 'safetensors, BF16, torchvision keys',
    variant: 'torchvision',
    encode: (m) => encodeSafetensors(m, { dtype: 'BF16', key: torchvisionKeys }),
    options: {},
    tolerance: 4e-3,
  },
];
