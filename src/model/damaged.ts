// Objects that were found damaged, so that the next requests do not read tens of megabytes to find it again: the error by key and
// etag, for some seconds. Afterwards the object is read anew, since the damage may have happened on the way.
import type { ServiceError } from '../errors.ts';

const REMEMBERED_MS = 10_000;

interface Damage {
  key: string;
  etag: string;
  error: ServiceError;
  since: number;
}

export class DamagedObject {
  #last: Damage | undefined;

  remember(key: string, etag: string, error: ServiceError): void {
    this.#last = { key, etag, error, since: Date.now() };
  }

  /** What is remembered of the key. */
  of(key: string): Readonly<Damage> | undefined {
    const last = this.#last;
    if (!last || last.key !== key || Date.now() - last.since > REMEMBERED_MS) return undefined;
    return last;
  }
}
