// What the page and its web worker say to each other. Every message to the worker has a number of its own, and exactly one
// answer with that number, after any reports of progress.

/** A photo, as the page has it. */
export type Source =
  /** A file as it would be sent to the server. `fit` none: it has the network's size already. */
  | { kind: 'file'; file: Blob; fit: 'resize' | 'none' }
  /** u8 RGBA [size][size][4], of the network's size: a frame of the camera. */
  | { kind: 'frame'; rgba: Uint8ClampedArray }
  /** Computed by the server: f32 of each dense layer but the last, by name, in the network's order. */
  | { kind: 'activations'; layers: Readonly<Record<string, Float32Array>> };

export type Question =
  /** `sha256`: of the model's data, under which its file is kept. */
  | { kind: 'open'; model: string; sha256: string; token: string }
  | { kind: 'classify'; source: Source }
  /** Keeps a photo to train on, under a number of the page's. Answered with what the head says before it learns. */
  | { kind: 'learn'; photo: number; source: Source }
  | { kind: 'forget'; photos: number[] }
  /** Trains on the photos with these numbers; `label` null: of other things. */
  | { kind: 'train'; name: string; backbone: Backbone; photos: { photo: number; label: string | null }[] }
  /** What the head says of a photo. */
  | { kind: 'ask'; source: Source }
  /** Takes photos to find alike ones among; the first of a folder makes the others be forgotten. */
  | { kind: 'remember'; photo: number; source: Source; first: boolean }
  /** The photos most like one: of a number, or another. */
  | { kind: 'alike'; of: number | Source; count: number };

export type ToWorker = Question & { id: number };

export interface Backbone {
  name: string;
  sha256: string;
}

/** What a head says of a photo, as answers of the server do. */
export interface Said {
  labels: string[];
  /** f32, one per class. */
  probabilities: Float32Array;
  known: number;
}

export interface LocalAnswer {
  kind: 'answer';
  /** f32, one per class. */
  logits: Float32Array;
  probabilities: Float32Array;
  image: { format: string; width: number; height: number; orientation: number } | undefined;
  /** u8 RGB [size][size][3]: what the network saw of a file. */
  pixels: Uint8Array | undefined;
  decodeMs: number;
  inferenceMs: number;
}

export interface TrainedAnswer {
  kind: 'trained';
  labels: string[];
  layer: string;
  /** By leave-one-out, with its 95 % interval. */
  correct: number;
  of: number;
  low: number;
  high: number;
  /** What the head says of each photo had it not seen it. */
  leftOut: { photo: number; label: string; predicted: string; own: number; probability: number }[];
  /** First 12 digits of the head file's SHA-256: the version that a server would publish. */
  version: string;
  ms: number;
}

export type Answer =
  | { kind: 'ready'; bytes: number; cached: boolean; size: number }
  | LocalAnswer
  | { kind: 'said'; said: Said | undefined }
  | TrainedAnswer
  | { kind: 'alike'; photos: { photo: number; similarity: number; distance: number }[] }
  | { kind: 'done' };

export type FromWorker =
  | { kind: 'progress'; bytes: number; of: number }
  | (Answer & { id: number })
  | { kind: 'failed'; id: number; message: string };
