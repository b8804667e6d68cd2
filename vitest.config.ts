// The tests' kinds, by their names (test/README.md): `*.workerd.test.ts` run inside workerd, the Worker's own runtime;
// `*.long.test.ts` take long, need a browser or start many processes; all others run in Node.
// `--mode all` asks for the long forms of tests that have one.
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { filesWithoutWitnesses } from './test/support/witnesses.ts';

const LONG_FORMS = { DAMAGE: '2000', LONG: '1' };

export default defineConfig(async ({ mode }) => {
  const exclude = ['**/node_modules/**', ...(await filesWithoutWitnesses(mode === 'all'))];
  const node = {
    environment: 'node',
    // Limits for a machine that does other things too; no test passes or fails by its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: mode === 'all' ? { ...LONG_FORMS, ...process.env } : {},
  } as const;
  return {
    test: {
      globalSetup: ['test/support/setup.ts'],
      maxWorkers: '100%',
      projects: [
        {
          plugins: [
            cloudflareTest({
              wrangler: { configPath: './wrangler.toml' },
              miniflare: {
                ratelimits: { TEST_LIMITER: { namespace_id: '1', simple: { limit: 60, period: 60 } } },
              },
            }),
          ],
          test: {
            name: 'workerd',
            include: ['test/**/*.workerd.test.ts'],
            setupFiles: ['test/support/keep-log.ts'],
            isolate: false,
            testTimeout: 120_000,
            hookTimeout: 120_000,
          },
        },
        {
          test: {
            ...node,
            name: 'node',
            // A process for each core, not for each file: starting and importing took half of the time. So a file must
            // leave nothing behind that another one sees.
            isolate: false,
            setupFiles: ['test/support/usual-timers.ts'],
            include: ['test/**/*.test.ts'],
            exclude: ['test/**/*.workerd.test.ts', 'test/**/*.long.test.ts', ...exclude],
          },
        },
        { test: { ...node, name: 'long', include: ['test/**/*.long.test.ts'], exclude } },
      ],
    },
  };
});
