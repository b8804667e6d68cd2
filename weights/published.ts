// The published files: where they lie, how long they are, and what is known of them. `get` downloads by this
// table; an import recognises a file of it by its checksum, whatever its name is.
import type { DigestName } from './formats/loaded-file.ts';
import type { VariantName } from './formats/network/variants.ts';

export interface PublishedFile {
  name: string;
  file: string;
  /** Addresses of the same file, tried in this order. */
  sources: [string, ...string[]];
  bytes?: number;
  /** Hex; a prefix where only that is published (torchvision's file name). */
  checksum: { algorithm: DigestName; hex: string };
  variant: VariantName;
  licence: string;
  /** The publisher's figure for this very file, and what it was measured with. */
  accuracy: string;
}

const ZOO = 'https://huggingface.co/onnxmodelzoo';
const CAFFE = 'http://dl.caffe.berkeleyvision.org';
const CAFFE_LICENCE = 'unrestricted use (Caffe model zoo)';

export const PUBLISHED: [PublishedFile, ...PublishedFile[]] = [
  {
    name: 'alexnet',
    file: 'AlexNet_compressed.net',
    sources: [
      'https://raw.githubusercontent.com/songhan/Deep-Compression-AlexNet/master/AlexNet_compressed.net',
      'https://github.com/songhan/Deep-Compression-AlexNet/raw/master/AlexNet_compressed.net',
    ],
    checksum: { algorithm: 'git-blob', hex: 'ea0d14e98edfbcbfba995003c94d7259fa23b6cc' },
    variant: 'bvlc-alexnet',
    licence: 'BSD-2-Clause (Deep Compression, Han, Mao, Dally)',
    accuracy: 'ImageNet validation, said by its authors: top-1 57.07 %, top-5 80.25 %',
  },
  {
    name: 'bvlc-alexnet-onnx',
    file: 'bvlcalexnet-12.onnx',
    sources: [`${ZOO}/bvlcalexnet-12/resolve/main/bvlcalexnet-12.onnx`],
    bytes: 243_863_787,
    checksum: {
      algorithm: 'sha256',
      hex: '6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945',
    },
    variant: 'bvlc-alexnet',
    licence: 'Apache-2.0 (ONNX model zoo)',
    accuracy:
      "ImageNet validation, said by the zoo for the file's graph of 224: top-1 54.80 %, top-5 78.23 %; not measured for 227",
  },
  {
    name: 'caffenet-onnx',
    file: 'caffenet-12.onnx',
    sources: [`${ZOO}/caffenet-12/resolve/main/caffenet-12.onnx`],
    bytes: 243_863_798,
    checksum: {
      algorithm: 'sha256',
      hex: 'ea563e5c47d1f58e1717cf1a2d8bf288b8adc07af0ad228b622096cd243aeecb',
    },
    variant: 'caffenet',
    licence: 'Apache-2.0 (ONNX model zoo)',
    accuracy:
      "ImageNet validation, said by the zoo for the file's graph of 224: top-1 56.27 %, top-5 79.52 %; not measured for 227",
  },
  {
    name: 'torchvision',
    file: 'alexnet-owt-7be5be79.pth',
    sources: ['https://download.pytorch.org/models/alexnet-owt-7be5be79.pth'],
    checksum: { algorithm: 'sha256', hex: '7be5be79' },
    variant: 'torchvision',
    licence: 'BSD-3-Clause (torchvision)',
    accuracy: 'ImageNet validation, said by torchvision: top-1 56.52 %, top-5 79.07 %',
  },
  {
    name: 'bvlc-alexnet',
    file: 'bvlc_alexnet.caffemodel',
    sources: [`${CAFFE}/bvlc_alexnet.caffemodel`],
    bytes: 243_862_414,
    checksum: { algorithm: 'sha1', hex: '9116a64c0fbe4459d18f4bb6b56d647b63920377' },
    variant: 'bvlc-alexnet',
    licence: CAFFE_LICENCE,
    accuracy: 'ImageNet validation, said by Caffe: top-1 57.1 %, top-5 80.2 %',
  },
  {
    name: 'caffenet',
    file: 'bvlc_reference_caffenet.caffemodel',
    sources: [`${CAFFE}/bvlc_reference_caffenet.caffemodel`],
    bytes: 243_862_418,
    checksum: { algorithm: 'sha1', hex: '4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46' },
    variant: 'caffenet',
    licence: CAFFE_LICENCE,
    accuracy: 'ImageNet validation, said by Caffe: top-1 57.4 %, top-5 80.4 %',
  },
];
