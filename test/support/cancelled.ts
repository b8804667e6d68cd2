// A request that is cancelled: its timers never fire, and nothing of it runs again (docs/ARCHITECTURE.md). Not by spies:
// Vitest restores them once more when a file has ended, and what they stood for then may be a timer that is faked.

/** Runs `start` with timers that never fire; what is started later has the usual ones. */
export async function cancelled<T>(start: () => T | Promise<T>): Promise<T> {
  const { setInterval, setTimeout } = globalThis;
  const never = () => 0 as never;
  Object.assign(globalThis, { setInterval: never, setTimeout: never });
  try {
    return await start();
  } finally {
    Object.assign(globalThis, { setInterval, setTimeout });
  }
}
