// What the page and its web worker say to each other.

export type ToWorker =
  /** `sha256`: of the model's data, under which its file is kept. */
  | { kind: 'open'; model: string; sha256: string; token: string }
  /** A file as it was sent to the server. `fit` none: it has the network's size already. */
  | { kind: 'classify'; id: number; file: Blob; fit: 'resize' | 'none' }
  /** u8 RGBA [size][size][4], of the network's size: a frame of the camera. */
  | { kind: 'frame'; id: number; rgba: Uint8ClampedArray };

export interface LocalAnswer {
  kind: 'answer';
  id: number;
  /** f32, one per class. */
  logits: Float32Array;
  probabilities: Float32Array;
  image: { format: string; width: number; height: number; orientation: number } | undefined;
  /** u8 RGB [size][size][3]: what the network saw of a file. */
  pixels: Uint8Array | undefined;
  decodeMs: number;
  inferenceMs: number;
}

export type FromWorker =
  | { kind: 'progress'; bytes: number; of: number }
  | { kind: 'ready'; bytes: number; cached: boolean; size: number }
  | { kind: 'failed'; id?: number; message: string }
  | LocalAnswer;
