// The kernels module: pure functions over linear memory. It imports nothing, allocates nothing and knows only
// numbers; src/engine decides what lies where.
export { CONV_BLOCK, conv6x8, K_STEP } from './conv';
export {
  conv5x8Plain3,
  conv5x8Plain4,
  conv5x8Started2,
  conv5x8Started3,
  conv5x8Started4,
} from './conv-windows';
export { DENSE_BLOCK, denseAccumulate, denseFinish, denseInputs } from './dense';
export { denseCodes, denseCodesInSteps } from './dense-codes';
export { dotProbe } from './dot';
export { gramRow } from './gram';
export { hammingRow } from './hamming';
export { lrn } from './lrn';
export { maxpoolRow } from './maxpool';
export { pixels } from './pixels';
export { quantize, quantizeRow } from './quantize';
export { softmax } from './softmax';
export { subtractMap } from './subtract-map';
export { windowProof } from './window-proof';

/** First byte after the module's own static data: what src/engine may use. */
export function heapBase(): usize {
  return __heap_base;
}
