// Set up before each file that runs in Node: files share a process (vitest.config.ts), so one that leaves timers faked
// would stop all that come after it, and nobody would know which it was.
import { beforeAll, expect } from 'vitest';

const key = Symbol.for('alexnet-edge: timers of this process');
const store = globalThis as { [key]?: { usual: object; file: string } };
const timers = () => ({ setTimeout, setInterval, now: Date.now });

beforeAll(() => {
  const now = timers();
  store[key] ??= { usual: now, file: '' };
  const { usual, file } = store[key];
  store[key].file = expect.getState().testPath ?? '';
  if (Object.entries(now).every(([name, value]) => value === usual[name as never])) return;
  const { now: clock, ...functions } = usual as ReturnType<typeof timers>;
  Object.assign(globalThis, functions);
  Date.now = clock;
  throw new Error(`${file} left timers or the clock replaced`);
});
