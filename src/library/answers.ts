// What classifying takes and gives, in the names of the wire: the library, the client and POST /v1/classify answer alike.
// No type of another package stands here, so that whoever installs this one needs no other types.

/** A file's bytes: whole, or as they arrive. A Blob is a File, too. */
export type Bytes = Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

export interface ModelName {
  name: string;
  /** The first 12 digits of sha256. */
  version: string;
  /** Of the weights; of a head's file where heads were asked for. */
  sha256: string;
}

export interface ImageFacts {
  format: string;
  /** As stored, before the orientation is applied. */
  width: number;
  height: number;
  /** EXIF orientation 1..8; 1 when there is none. */
  orientation: number;
  /** What is damaged in a file that viewers show nevertheless; absent where nothing is. */
  warnings?: string[];
}

export interface Prediction {
  index: number;
  /** WordNet id, where the class has one. */
  synset?: string;
  label: string;
  /** Probability, 0..1. */
  score: number;
}

/** What one head says. */
export interface HeadAnswer {
  model: ModelName;
  predictions: Prediction[];
  known?: number;
  none_of_these?: boolean;
}

export interface Answer {
  model: ModelName;
  image: ImageFacts;
  /** Best first. Of the model, or of the first head where heads were asked for. */
  predictions: Prediction[];
  /** p-value of being like the photos of the training; absent where the model does not say. */
  known?: number;
  none_of_these?: boolean;
  /** Where several heads were asked for. */
  heads?: HeadAnswer[];
  /** f32 values, one per class, before softmax. */
  logits?: number[];
  /** f32 values: what the last layer read. */
  embedding?: number[];
}

export interface ClassifyOptions {
  /** Number of predictions, default 5; 0 = all classes. */
  top_k?: number;
  /** Predictions below it are left out, default 0. */
  min_score?: number;
  /** 10: four corners and centre, mirrored too, averaged. Default 1. */
  crops?: 1 | 10;
  /** Whether the orientation that the camera recorded is applied, default `apply`. */
  exif?: 'apply' | 'ignore';
  include?: readonly ('logits' | 'embedding')[];
  /** Names of heads that answer instead of the model. */
  head?: string | readonly string[];
  /** `known` below it is `none_of_these`: 0.02 to 0.5, default 0.05. */
  reject?: number;
}
