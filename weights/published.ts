// The published files: where they lie, how long they are, and what is known of them. `get` downloads by this
// table; an import recognises a file of it by its checksum, whatever its name is.
import type { VariantName } from './formats/variants.ts';

export interface PublishedFile {
  name: string;
  file: string;
  url: string;
  bytes?: number;
  /** Hex; a prefix where only that is published (torchvision's file name). */
  checksum: { algorithm: 'sha1' | 'sha256'; hex: string };
  variant: VariantName;
  licence: string;
  accuracy: string;
}

const ZOO = 'https://github.com/onnx/models/raw/main/validated/vision/classification';
const CAFFE_LICENCE = 'unrestricted use (Caffe model zoo)';
const BVLC_ACCURACY = 'ImageNet validation: top-1 57.1 %, top-5 80.2 %';
const CAFFENET_ACCURACY = 'ImageNet validation: top-1 57.4 %, top-5 80.4 %';

export const PUBLISHED: PublishedFile[] = [
  {
    name: 'bvlc-alexnet',
    file: 'bvlc_alexnet.caffemodel',
    url: 'http://dl.caffe.berkeleyvision.org/bvlc_alexnet.caffemodel',
    bytes: 243_862_414,
    checksum: { algorithm: 'sha1', hex: '9116a64c0fbe4459d18f4bb6b56d647b63920377' },
    variant: 'bvlc-alexnet',
    licence: CAFFE_LICENCE,
    accuracy: BVLC_ACCURACY,
  },
  {
    name: 'caffenet',
    file: 'bvlc_reference_caffenet.caffemodel',
    url: 'http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel',
    bytes: 243_862_418,
    checksum: { algorithm: 'sha1', hex: '4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46' },
    variant: 'caffenet',
    licence: CAFFE_LICENCE,
    accuracy: CAFFENET_ACCURACY,
  },
  {
    name: 'bvlc-alexnet-onnx',
    file: 'bvlcalexnet-12.onnx',
    url: `${ZOO}/alexnet/model/bvlcalexnet-12.onnx`,
    bytes: 243_863_787,
    checksum: {
      algorithm: 'sha256',
      hex: '6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945',
    },
    variant: 'bvlc-alexnet',
    licence: 'Apache-2.0 (ONNX model zoo)',
    accuracy: BVLC_ACCURACY,
  },
  {
    name: 'caffenet-onnx',
    file: 'caffenet-12.onnx',
    url: `${ZOO}/caffenet/model/caffenet-12.onnx`,
    bytes: 243_863_798,
    checksum: {
      algorithm: 'sha256',
      hex: 'ea563e5c47d1f58e1717cf1a2d8bf288b8adc07af0ad228b622096cd243aeecb',
    },
    variant: 'caffenet',
    licence: 'Apache-2.0 (ONNX model zoo)',
    accuracy: CAFFENET_ACCURACY,
  },
  {
    name: 'torchvision',
    file: 'alexnet-owt-7be5be79.pth',
    url: 'https://download.pytorch.org/models/alexnet-owt-7be5be79.pth',
    checksum: { algorithm: 'sha256', hex: '7be5be79' },
    variant: 'torchvision',
    licence: 'BSD-3-Clause (torchvision)',
    accuracy: 'ImageNet validation: top-1 56.5 %, top-5 79.1 %',
  },
];

/** Whether a digest is the published one. */
export function matches(entry: PublishedFile, digest: string): boolean {
  return digest.startsWith(entry.checksum.hex);
}
