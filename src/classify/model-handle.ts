// The model as the use case sees it: something that describes itself early, loads, and can be thrown away.
import type { Engine } from '../engine/engine.ts';
import type { ModelInfo } from '../network/model-info.ts';

/** The model as one request reaches it. */
export interface ModelHandle {
  /** What the model says of itself, as soon as its header has arrived. */
  describe(): Promise<ModelInfo>;
  load(): Promise<Engine>;
  /** Throws the engine away after a trap; the next load starts anew. */
  drop(): void;
  /** Whether the model is in memory already. */
  readonly warm: boolean;
  /** How often this isolate has opened the model's object. */
  readonly reads: number;
}
