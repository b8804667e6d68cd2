// The attack tool's own reader of answers, however their bytes are cut.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerCounter } from '../../tools/attack/answers.ts';

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 415 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 429 x\r\ncontent-length: 0\r\n\r\n',
];

test('answers are counted one by one, at every cut', () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(pieces, (sizes) => {
      const counter = new AnswerCounter();
      // A chunked answer is taken to be the last one of a read.
      for (const answer of ANSWERS) {
        let rest = Buffer.from(answer);
        for (const size of sizes) {
          counter.add(rest.subarray(0, size));
          rest = rest.subarray(size);
        }
      }
      expect(counter.answers.map(({ status }) => status)).toEqual([200, 415, 204, 429]);
    }),
    { seed: 13, numRuns: 200 },
  );
});

test('an answer without a length ends with its connection', () => {
  const counter = new AnswerCounter();
  counter.add(Buffer.from('HTTP/1.1 400 x\r\n\r\nno length'));
  expect(counter.answers).toEqual([]);
  counter.finish();
  expect(counter.answers.map(({ status }) => status)).toEqual([400]);
});
