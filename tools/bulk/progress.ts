// How far a run is: a bar on a terminal, a line now and then everywhere else; with the rate and the time that is left.
// On stderr.
import { SingleBar } from 'cli-progress';

const LINE_MS = 10_000;

export interface RunProgress {
  update(done: number): void;
  stop(): void;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** @param from photos of earlier runs */
export function startRunProgress(from: number, total: number): RunProgress {
  const started = performance.now();
  let said = started;
  const facts = (done: number) => {
    const rate = (done - from) / Math.max((performance.now() - started) / 1000, 0.001);
    return { rate: rate.toFixed(1), left: duration((total - done) / rate) };
  };
  if (!process.stderr.isTTY)
    return {
      update(done) {
        if (performance.now() - said < LINE_MS) return;
        said = performance.now();
        const { rate, left } = facts(done);
        process.stderr.write(`${done} of ${total}, ${rate} photos a second, ${left} left\n`);
      },
      stop() {},
    };
  const bar = new SingleBar({
    format: '{bar} {value} of {total}, {rate} photos a second, {left} left',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    stream: process.stderr,
  });
  bar.start(total, from, facts(from));
  return {
    update: (done) => bar.update(done, facts(done)),
    stop: () => bar.stop(),
  };
}
