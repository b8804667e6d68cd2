// Caffe's mean file (`imagenet_mean.binaryproto`): one BlobProto, 1 x 3 x height x width, B, G, R. Source: caffe.proto.
import type { LoadedFile } from '../loaded-file.ts';
import { decodeMessage, messageType } from '../protobuf.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { type Blob, readBlob } from './caffemodel.ts';

const BLOB = messageType('caffe/caffe.proto', 'BlobProto');

/** Throws OperatorError for another file. */
export function readMeanBlob({ bytes, name }: LoadedFile): StoredTensor {
  return readBlob(decodeMessage<Blob>(bytes, BLOB), name);
}
