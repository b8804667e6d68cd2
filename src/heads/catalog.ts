// The heads of an isolate: a bounded cache of published ones, least recently used out first, and a question for a newer
// version every few seconds at most. Plain data: each request reads for itself and waits for no other's read.
import { ServiceError } from '../errors.ts';
import type { Objects } from '../model/objects.ts';
import { decodeHead, MAX_HEAD_FILE_BYTES } from './file.ts';
import type { Head } from './head.ts';
import { HEADS_PREFIX, MAX_POINTER_BYTES, parsePointer, pointerKey, versionKey } from './published.ts';

export interface ServedHead {
  head: Head;
  sha256: string;
}

interface Entry extends ServedHead {
  version: string;
  bytes: number;
  /** When the bucket was last asked for the version in use, ms. */
  asked: number;
}

export interface CatalogSettings {
  /** Of all cached heads together. */
  cacheBytes: number;
  /** Within this time a version is taken to be still in use. */
  freshMs: number;
}

const DEFAULTS: CatalogSettings = { cacheBytes: 4 << 20, freshMs: 3_000 };
/** What a head takes in memory beside its arrays. */
const OVERHEAD_BYTES = 2_048;

export class HeadCatalog {
  readonly #settings: CatalogSettings;
  /** In order of use. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(settings: Partial<CatalogSettings> = {}) {
    this.#settings = { ...DEFAULTS, ...settings };
  }

  get cachedBytes(): number {
    return this.#bytes;
  }

  /**
   * The version in use; undefined where no head of this name is published. While the bucket cannot be read, a cached
   * head goes on. Throws ServiceError: bad-parameter for a malformed name, head-damaged, model-unreachable.
   */
  async find(name: string, objects: Objects): Promise<ServedHead | undefined> {
    const key = pointerKey(name);
    const cached = this.#entries.get(name);
    if (cached && Date.now() - cached.asked < this.#settings.freshMs) return this.#keep(name, cached);
    try {
      const pointer = await objects.get(key, MAX_POINTER_BYTES);
      if (!pointer) {
        this.#forget(name);
        return undefined;
      }
      const version = parsePointer(pointer).versions.at(-1) ?? '';
      if (cached?.version === version) return this.#keep(name, { ...cached, asked: Date.now() });
      const file = await objects.get(versionKey(name, version), MAX_HEAD_FILE_BYTES);
      if (!file)
        throw new ServiceError(
          'head-damaged',
          `head ${name}: expected version ${version} in the bucket, found none`,
        );
      const { head, sha256 } = await decodeHead(file);
      const bytes = file.byteLength + OVERHEAD_BYTES;
      return this.#keep(name, { head, sha256, version, bytes, asked: Date.now() });
    } catch (cause) {
      if (cached) return cached;
      if (cause instanceof ServiceError) throw cause;
      throw new ServiceError('model-unreachable', `reading head ${name} failed`, { cause });
    }
  }

  /** The version in use has changed: the bucket is asked again at once. */
  forget(name: string): void {
    this.#forget(name);
  }

  /** Names of all published heads. Throws ServiceError model-unreachable. */
  async names(objects: Objects): Promise<string[]> {
    return objects.folders(HEADS_PREFIX).catch((cause: unknown) => {
      throw new ServiceError('model-unreachable', 'listing the heads failed', { cause });
    });
  }

  #forget(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }

  #keep(name: string, entry: Entry): Entry {
    this.#forget(name);
    this.#entries.set(name, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#settings.cacheBytes || oldest === name) break;
      this.#forget(oldest);
    }
    return entry;
  }
}
