/** A tape that is played tells its speed, and a session's time follows it. */
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../live/connection/clock.ts';
import { createScaledClock, requireSpeed } from '../../../live/connection/scaled-clock.ts';
import { createSteadyClock } from '../../../live/connection/steady-clock.ts';
import { type ConnectionLimits, pacedLimits } from '../../../live/connection/venue-config.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';
import { inputFromJson, inputToJson } from '../../../live/session/inputs.ts';
import { startVenueServer } from '../../../live/tape/venue-server.ts';
import { SessionPace } from '../../../scripts/terminal/live/session-pace.ts';

test('a clock whose speed changes goes on from where it was, and what waits on it comes at its new time', () => {
  const machine = new VirtualClock(1000);
  const clock = createScaledClock(machine, 1);
  const steady = createSteadyClock(clock);
  const calls: number[] = [];
  clock.schedule(10_000, () => calls.push(machine.monotonicMs()));
  const takeBack = clock.schedule(10_000, () => calls.push(-1));
  machine.runUntil(2000);
  clock.setSpeed(100);
  takeBack();
  expect([clock.nowMs(), clock.speed, steady.speed]).toEqual([2000, 100, 100]);
  machine.runUntil(2089);
  expect(calls).toEqual([]);
  machine.runUntil(2090);
  expect(calls).toEqual([2090]);
  expect([clock.nowMs(), steady.nowMs()]).toEqual([11_000, 11_000]);
  clock.setSpeed(0.5);
  machine.runUntil(2190);
  expect(clock.nowMs()).toBe(11_050);
});

test('no time-out of a connection is shorter than what the machine itself takes, and slow ones stay as they are', () => {
  const limits = {
    silenceMs: 10_000,
    staleAfterMs: 5000,
    streamDeadlineMs: 60_000,
    syncDeadlineMs: 30_000,
  } as ConnectionLimits;
  const cases: [speed: number, silence: number, stale: number, stream: number, sync: number][] = [
    [0.5, 10_000, 5000, 60_000, 30_000],
    [1, 10_000, 5000, 60_000, 30_000],
    [3, 10_000, 5000, 60_000, 30_000],
    [10, 30_000, 5000, 60_000, 30_000],
    [200, 600_000, 5000, 600_000, 600_000],
    [1000, 3_000_000, 25_000, 3_000_000, 3_000_000],
  ];
  for (const [speed, silenceMs, staleAfterMs, streamDeadlineMs, syncDeadlineMs] of cases) {
    expect(pacedLimits(limits, speed), `${speed}`).toEqual({
      silenceMs,
      staleAfterMs,
      streamDeadlineMs,
      syncDeadlineMs,
    });
  }
});

test('a server tells its speed in the handshake, and one that tells none is a venue', async () => {
  for (const speed of [1000, undefined]) {
    const server = await startVenueServer({ speed });
    const open = vi.fn();
    const ignore = (): void => {};
    const socket = wsTransport.connect(
      server.url,
      { maxFrameBytes: 1000 },
      { open, text: ignore, binary: ignore, heartbeat: ignore, close: ignore },
    );
    await vi.waitFor(() => expect(open).toHaveBeenCalledWith(speed));
    socket.terminate();
    await server.close();
  }
});

test('an open connection has its speed on the tape, and one of a venue none', () => {
  expect(inputToJson({ kind: 'open' })).toEqual(['open']);
  expect(inputToJson({ kind: 'open', speed: 100 })).toEqual(['open', 100]);
  expect(inputFromJson(['open'])).toEqual({ kind: 'open' });
  expect(inputFromJson(['open', 100])).toEqual({ kind: 'open', speed: 100 });
});

test('a session follows the speed that it is told, and says when another was given or none confirmed it', () => {
  const said: string[] = [];
  const pace = (given: number | undefined) => {
    said.length = 0;
    const clock = createScaledClock(systemClock, given ?? 1);
    return { clock, pace: new SessionPace(clock, given, (text) => said.push(text)) };
  };
  const connected = [{ state: 'connected' }] as never;

  const quiet = pace(undefined);
  quiet.pace.check(connected);
  quiet.pace.follow(100, 'bybit');
  quiet.pace.follow(100, 'okx');
  expect([quiet.clock.speed, said]).toEqual([100, []]);
  quiet.pace.follow(20, 'okx');
  expect(quiet.clock.speed).toBe(100);
  expect(said).toEqual([expect.stringContaining('"okx" is played 20 times')]);

  const wrong = pace(20);
  wrong.pace.follow(100, 'bybit');
  wrong.pace.follow(100, 'bybit');
  expect(wrong.clock.speed).toBe(100);
  expect(said).toEqual([expect.stringContaining('not the speed 20')]);

  const alone = pace(20);
  alone.pace.check([{ state: 'connecting' }] as never);
  expect(said).toEqual([]);
  alone.pace.check(connected);
  alone.pace.check(connected);
  expect(said).toEqual([expect.stringContaining('No venue says')]);
});

test.each([0, -1, Number.NaN, Infinity, 1_000_001])('a speed of %s is refused', (speed) => {
  expect(() => requireSpeed(speed, '--speed')).toThrow('--speed must be a number above 0');
});
