// Settings of a self-hosted Worker that change while it runs: a file for each in the folder `settings`, its name that of
// the variable, its text the value, in the place of the variable's in worker.capnp. Read again every two seconds at the
// most, by a request; a folder that cannot be read leaves the values as they are. Before the first reading nobody is
// answered: without its tokens the Worker would be open to everybody. To change a setting: write a file beside it and
// rename it.

const FRESH_MS = 2_000;
/** A token is 32 bytes or so. */
const MAX_TEXT = 65_536;

export class Settings {
  readonly #names: readonly string[];
  #values: Record<string, string> | undefined;
  #read = Number.NEGATIVE_INFINITY;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /**
   * The values of the files that are there; undefined when they have never been read.
   * @param folder workerd's disk service
   */
  async read(folder: Fetcher): Promise<Record<string, string> | undefined> {
    const now = Date.now();
    if (this.#values && now - this.#read < FRESH_MS) return this.#values;
    this.#read = now;
    try {
      this.#values = await this.#files(folder);
    } catch (error) {
      console.error(JSON.stringify({ message: 'settings not read', error: String(error) }));
    }
    return this.#values;
  }

  async #files(folder: Fetcher): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of this.#names) {
      const response = await folder.fetch(`http://disk/${name}`);
      const text = await response.text();
      if (response.ok) found[name] = text.slice(0, MAX_TEXT).trim();
      else if (response.status !== 404)
        throw new Error(`${name}: expected status 200, found ${response.status}`);
    }
    return found;
  }
}
