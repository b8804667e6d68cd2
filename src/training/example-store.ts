// The examples of one head in its object's SQLite storage: what training keeps of each photo, never the photo. An
// example's id is made of its features, so the same photo again is the same example. All synchronous: no other request
// comes in between.
import { ServiceError } from '../errors.ts';
import { type Example, MAX_LABEL_LENGTH } from '../heads/examples.ts';
import type { FeatureLayer } from '../heads/features.ts';

export interface ExampleLimits {
  photos: number;
  classes: number;
}

/** The model that the features are of. */
export interface Backbone {
  name: string;
  sha256: string;
  /** Layers whose features are kept, in order. */
  layers: FeatureLayer[];
}

export interface NewExample {
  id: string;
  /** u7 features of all layers, one after the other. */
  features: Uint8Array<ArrayBuffer>;
}

/** The class of photos of other things: it is no class of the head. */
export const NONE = 'none';
/** What a client may send into our messages and tables. */
const LABEL = new RegExp(`^[^\\p{Cc}]{1,${MAX_LABEL_LENGTH}}$`, 'u');

const COMMAND_LINE = 'train larger ones on your machine: npm run heads -- train DIR --name NAME --push';

function tooMany(message: string, limit: Record<string, number>): ServiceError {
  return new ServiceError('too-many-examples', `${message}; ${COMMAND_LINE}`, { members: { limit } });
}

/** Throws ServiceError bad-parameter. */
export function checkLabel(label: string): string {
  if (LABEL.test(label)) return label;
  throw new ServiceError(
    'bad-parameter',
    `label ${JSON.stringify(label.slice(0, 64))}: expected 1 to ${MAX_LABEL_LENGTH} characters, no control characters`,
    { members: { parameter: 'label' } },
  );
}

export class ExampleStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Undefined before the first example. */
  get backbone(): Backbone | undefined {
    const [row] = this.#query<{ value: string }>("SELECT value FROM facts WHERE name = 'backbone'");
    return row && (JSON.parse(row.value) as Backbone);
  }

  /** Photos of each class. */
  classes(): { label: string; photos: number }[] {
    return this.#query('SELECT label, count(*) AS photos FROM examples GROUP BY label ORDER BY label');
  }

  /** Ids by class. */
  ids(): { label: string; id: string }[] {
    return this.#query('SELECT label, id FROM examples ORDER BY label, id');
  }

  /**
   * All of them or none. @returns which were new
   * Throws ServiceError: head-backbone, bad-examples for a photo of another class, too-many-examples.
   */
  add(label: string, examples: readonly NewExample[], backbone: Backbone, limits: ExampleLimits): boolean[] {
    return this.#storage.transactionSync(() => {
      this.#requireBackbone(backbone);
      const added = examples.map(({ id, features }) => this.#addOne(label, id, features));
      const classes = this.classes();
      const photos = classes.reduce((sum, each) => sum + each.photos, 0);
      if (photos > limits.photos)
        throw tooMany(`expected at most ${limits.photos} photos of a head, this would be ${photos}`, {
          photos: limits.photos,
        });
      const named = classes.filter((each) => each.label !== NONE).length;
      if (named > limits.classes)
        throw tooMany(`expected at most ${limits.classes} classes of a head, this would be ${named}`, {
          classes: limits.classes,
        });
      return added;
    });
  }

  /** Takes one example of a class away, or the class. @returns how many */
  remove(label: string, id?: string): number {
    const removed =
      id === undefined
        ? this.#query('DELETE FROM examples WHERE label = ? RETURNING id', label)
        : this.#query('DELETE FROM examples WHERE label = ? AND id = ? RETURNING id', label, id);
    return removed.length;
  }

  /** All of them, as training takes them, with their ids. */
  all(): { examples: Example[]; ids: string[] } {
    const layers = this.backbone?.layers ?? [];
    const rows = this.#query<{ id: string; label: string; features: ArrayBuffer }>(
      'SELECT id, label, features FROM examples',
    );
    const examples = rows.map(({ label, features }): Example => {
      let at = 0;
      const views = layers.map(({ name, outputs }) => {
        const view = new Uint8Array(features, at, outputs);
        at += outputs;
        return [name, [view]] as const;
      });
      return { label: label === NONE ? undefined : label, layers: Object.fromEntries(views) };
    });
    return { examples, ids: rows.map(({ id }) => id) };
  }

  #addOne(label: string, id: string, features: Uint8Array<ArrayBuffer>): boolean {
    const [there] = this.#query<{ label: string }>('SELECT label FROM examples WHERE id = ?', id);
    if (there && there.label !== label)
      throw new ServiceError(
        'bad-examples',
        `expected each photo in one class, this one is example ${id} of ${JSON.stringify(there.label.slice(0, 64))}: ` +
          'delete it there first',
      );
    if (!there)
      this.#query(
        'INSERT INTO examples (id, label, features) VALUES (?, ?, ?)',
        id,
        label,
        features.slice().buffer,
      );
    return !there;
  }

  /** Features of two models cannot be compared. */
  #requireBackbone(backbone: Backbone): void {
    const own = this.backbone;
    if (own?.sha256 === backbone.sha256) return;
    if (own && this.classes().length > 0)
      throw new ServiceError(
        'head-backbone',
        `the examples are of model ${own.name.slice(0, 64)} ${own.sha256.slice(0, 12)}, here runs ${backbone.name} ` +
          `${backbone.sha256.slice(0, 12)}: delete the head and send its photos again`,
      );
    this.#query(
      "INSERT OR REPLACE INTO facts (name, value) VALUES ('backbone', ?)",
      JSON.stringify(backbone),
    );
  }

  #query<Row extends Record<string, SqlStorageValue>>(text: string, ...values: SqlStorageValue[]): Row[] {
    const { sql } = this.#storage;
    // Here, not once: deleting a head takes the tables away, too.
    sql.exec('CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
    sql.exec(
      'CREATE TABLE IF NOT EXISTS examples (id TEXT PRIMARY KEY, label TEXT NOT NULL, features BLOB NOT NULL)',
    );
    return sql.exec<Row>(text, ...values).toArray();
  }
}
