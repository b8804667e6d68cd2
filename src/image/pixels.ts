// Large arrays in JavaScript's memory. Under load the pixels of pictures that were answered long ago would be most of an
// isolate's memory: V8 counts them little and collects them late.

/** Gives the memory of an array back now, not at the next collection; the array is empty afterwards. */
export function release({ buffer }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
