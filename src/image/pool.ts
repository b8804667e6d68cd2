// Decoder instances, made when they are needed and kept for the next upload. How many there are at once is a question
// of memory: each takes its part of the isolate's budget, and gives it back when its request ends, stops running, or
// waits for a client that is too slow while others wait (turns.ts). A trapped instance is dropped, and so is one that
// has grown, because wasm memory never shrinks.
import type { Budget } from '../isolate/budget.ts';
import type { Permit } from '../isolate/turns.ts';
import { DecoderInstance } from './instance.ts';

/** What a decoder takes until its picture's header is known: a usual JPEG of any size. */
const USUAL_BYTES = 2 << 20;
/** Instances with more memory than this are not kept. */
const KEEP_BYTES = 4 << 20;
const MAX_KEPT = 4;

export interface Lease {
  instance: DecoderInstance;
  permit: Permit | undefined;
}

export class DecoderPool {
  readonly #module: WebAssembly.Module;
  #free: DecoderInstance[] = [];

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** @param budget of the request; none: takes what it needs. Throws ServiceError too-many-requests, too-slow. */
  async lease(budget: Budget | undefined): Promise<Lease> {
    const permit = await budget?.reserve(USUAL_BYTES);
    return { instance: this.#free.pop() ?? new DecoderInstance(this.#module), permit };
  }

  /** Before each use of the instance. Throws ServiceError too-slow when it was given to somebody else. */
  use({ permit, instance }: Lease): void {
    permit?.check();
    permit?.resize(Math.max(instance.memoryBytes, USUAL_BYTES));
  }

  /** Gives the instance back; `usable` false: it trapped and is dropped. */
  release({ instance, permit }: Lease, usable: boolean): void {
    permit?.leave();
    if (usable && instance.memoryBytes <= KEEP_BYTES && this.#free.length < MAX_KEPT)
      this.#free.push(instance);
  }
}
