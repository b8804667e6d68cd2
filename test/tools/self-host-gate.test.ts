// The gate before the self-hosted Worker: who is let in, who is refused, and that requests which stopped running are
// forgotten.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ALL_REQUESTS, CLIENT_REQUESTS, Gate } from '../../tools/self-host/gate.js';

const from = (client: string) =>
  new Request('http://a.example/', { headers: { 'cf-connecting-ip': client } });
const never = () => new Promise<Response>(() => undefined);
const answer = async () => new Response('ok');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('one client cannot fill it, and others are let in', async () => {
  const gate = new Gate();
  for (let i = 0; i < CLIENT_REQUESTS; i++) void gate.pass(from('a'), never);
  const refused = await gate.pass(from('a'), answer);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ type: 'urn:alexnet-edge:problem:too-many-requests' });
  expect((await gate.pass(from('b'), answer)).status).toBe(200);
});

test('all clients together are bounded', async () => {
  const gate = new Gate();
  for (let i = 0; i < ALL_REQUESTS; i++) void gate.pass(from(`${i}`), never);
  expect((await gate.pass(from('another'), answer)).status).toBe(429);
});

test('those that are answered, and those that failed, leave', async () => {
  const gate = new Gate();
  for (let i = 0; i < 2 * CLIENT_REQUESTS; i++)
    expect((await gate.pass(from('a'), answer)).status, `request ${i}`).toBe(200);
  for (let i = 0; i < 2 * CLIENT_REQUESTS; i++)
    await expect(gate.pass(from('a'), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

test('those that wait stay, those that stopped running are forgotten', async () => {
  const gate = new Gate();
  for (let i = 0; i < CLIENT_REQUESTS; i++) void gate.pass(from('a'), never);
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await gate.pass(from('a'), answer)).status).toBe(429);
  // Their timers fire no more.
  const later = Date.now() + 2_000;
  vi.clearAllTimers();
  vi.setSystemTime(later);
  expect((await gate.pass(from('a'), answer)).status).toBe(200);
});
