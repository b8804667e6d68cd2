// Whoever takes part in the race: ours and the peers behind one interface, so that all are verified and timed alike.

/** Milliseconds of one pass by the wall clock, and of the computing thread's own time. */
export interface Sample {
  wall: number;
  cpu: number;
}

export interface Contender {
  /** As in the report: ours-node, ort-web-f32, ... */
  name: string;
  /** What it is, with its version. */
  detail: string;
  /**
   * Prepares one picture, u8 RGB [227][227][3]; the returned function is one forward pass over it and gives the
   * logits. Only that function is timed.
   */
  forward(picture: Uint8Array): () => Promise<Float32Array>;
  /** One timed pass, for a contender that can only be timed from inside. */
  time?(picture: Uint8Array): Promise<Sample>;
  close(): Promise<void>;
}

/** What keeps the bench from measuring: one line for its user, with the command that mends it. */
export class BenchError extends Error {
  override name = 'BenchError';
}

export const PEERS_COMMAND = 'npm install --prefix tools/bench --ignore-scripts';
