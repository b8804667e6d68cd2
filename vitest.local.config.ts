import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/**/*.workerd.test.ts'], testTimeout: 60000, hookTimeout: 60000 } });
