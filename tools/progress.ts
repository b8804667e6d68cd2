// A progress bar on a terminal; one line at the end everywhere else.
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** Amount done of all, in any one unit. */
  update(done: number, total: number): void;
  stop(): void;
  /** Stops without saying that the work is done. */
  fail(): void;
}

/** `title` stands before the bar. Writes to stderr, so that stdout stays the result. */
export function startProgress(title: string): Progress {
  if (!process.stderr.isTTY) {
    const started = performance.now();
    return {
      update() {},
      stop: () =>
        process.stderr.write(`${title}: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`),
      fail() {},
    };
  }
  const bar = new SingleBar({
    format: `${title} {bar} {percentage} %  {duration_formatted}`,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    stream: process.stderr,
  });
  bar.start(1, 0);
  return {
    update(done, total) {
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
    fail: () => bar.stop(),
  };
}

/** Runs `work` under a progress bar, which ends also when the work fails. */
export async function withProgress<T>(
  title: string,
  work: (update: Progress['update']) => Promise<T>,
): Promise<T> {
  const progress = startProgress(title);
  try {
    const result = await work(progress.update);
    progress.stop();
    return result;
  } catch (error) {
    progress.fail();
    throw error;
  }
}
