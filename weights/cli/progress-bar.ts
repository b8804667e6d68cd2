// A progress bar on standard error; nothing at all where that is no terminal.
import cliProgress from 'cli-progress';

/** Shows `done` of `total`; call `stop` at the end. */
export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

/** `megabytes` shows the counts in MB, otherwise as they are. */
export function progressBar(title: string, megabytes: boolean): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const count = (value: number) => (megabytes ? (value / 1e6).toFixed(1) : String(value));
  const bar = new cliProgress.SingleBar(
    {
      format: `${title} {bar} {percentage} % | {done} / {all}${megabytes ? ' MB' : ''} | {eta} s`,
      stream: process.stderr,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      const payload = { done: count(done), all: count(total) };
      if (!started) bar.start(total, done, payload);
      else bar.update(done, payload);
      started = true;
    },
    stop: () => bar.stop(),
  };
}
