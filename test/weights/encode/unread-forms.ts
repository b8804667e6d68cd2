// The forms that are not read: how a file of each is called and begins, and the line that it is answered by.
import type { Part } from '../../../tools/fixtures/encode-protobuf.ts';

/** A file that begins so. */
export const padded = (text: string): Part => new Uint8Array(Buffer.from(text.padEnd(600, '\0'), 'latin1'));

export const UNREAD_FORMS: [string, Part, RegExp][] = [
  ['alexnet.mat', padded('MATLAB 7.3 MAT-file, Platform: GLNXA64'), /version 7\.3: in MATLAB: .*"-v7"/],
  ['saved_model.pb', padded('\x08\x01\x12\x07'), /a TensorFlow SavedModel: .*tf2onnx\.convert --saved-model/],
  ['alexnet.tflite', padded('\x1c\0\0\0TFL3'), /a TensorFlow Lite model: .*--tflite/],
  ['alexnet.mlmodel', padded('\x08\x01\x12\x07'), /a Core ML model: .*torch\.onnx\.export/],
  ['alexnet-0000.params', padded('\x12\x01\0\0\0\0\0\0\0\0\0\0'), /an MXNet parameter file: numpy\.savez/],
  ['alexnet.t7', padded('\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1'), /a Torch7 file: .*torchfile/],
  ['alexnet.weights', padded('\0\0\0\0\x02\0\0\0\0\0\0\0\0\x01'), /Darknet weights: convert it to ONNX/],
  [
    'model.json',
    padded('{"format":"layers-model","modelTopology":{}}'),
    /a TensorFlow\.js model: tensorflowjs_converter/,
  ],
];
