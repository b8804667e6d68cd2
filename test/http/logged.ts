// What the Worker logs under test, kept instead of printed.
import { vi } from 'vitest';

/** One text a line. */
export const logged: string[] = [];

export function keepLog(): void {
  for (const level of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => {
      logged.push(line);
    });
}
