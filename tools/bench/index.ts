// `npm run bench [-- --json FILE] [--quick]`: ours against what else could be used, on the same weights, one thread, in
// one interleaved run; every contender's answers are verified before anything is timed. Peers are packages of
// tools/bench/package.json; without them only ours is timed.
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { barsOf } from './bars.ts';
import { BenchError } from './contender.ts';
import { reportText } from './report.ts';
import { measure, type Options } from './run.ts';

const program = new Command('bench')
  .description('Times the forward pass against other engines on the same weights, one thread, interleaved')
  .option('--json <file>', 'write all figures')
  .option('--quick', 'few repetitions; leaves out workerd, the flagged process, HTTP and decoding', false)
  .option('--no-peers', 'only ours')
  .action(async (options: Options & { json?: string }) => {
    await build(process.env.KERNELS ?? 'relaxed', false);
    const report = await measure(options);
    process.stdout.write(reportText(report));
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ ...report, bars: barsOf(report) }, null, 2)}\n`);
  });

try {
  await program.parseAsync();
  // onnxruntime and TensorFlow.js keep the process alive.
  process.exit();
} catch (error) {
  if (!(error instanceof BenchError) && !(error instanceof OperatorError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
}
