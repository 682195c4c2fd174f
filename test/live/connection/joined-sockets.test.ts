/** Two sockets as one: what is said on either is heard, and what is said on one alone is not for long. */
import { expect, test } from 'vitest';
import { connectBoth } from '../../../live/connection/joined-sockets.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';

function joined() {
  const far: SocketHandlers[] = [];
  const log: string[] = [];
  let now = 0;
  const transport: Transport = {
    connect(url, _options, handlers) {
      far.push(handlers);
      return { send: (text) => log.push(`${url} < ${text}`), terminate: () => log.push(`${url} over`) };
    },
    get: () => () => {},
  };
  const options = { maxFrameBytes: 1000, silenceMs: 25_000 };
  const side = { url: 'side', carries: (text: string) => text.includes('mark') };
  const socket = connectBoth(transport, 'main', side, options, () => now, {
    open: (speed) => log.push(`open ${speed}`),
    text: (text) => log.push(text),
    binary: (bytes) => log.push(`${bytes} bytes`),
    heartbeat: () => log.push('beat'),
    close: (reason, retryAfterMs) => log.push(`closed: ${reason}, ${retryAfterMs}`),
  });
  const at = (timeMs: number) => {
    now = timeMs;
  };
  return { far, log, socket, at };
}

test('they are open when both are, and each message goes where it is carried', () => {
  const { far, log, socket } = joined();
  far[1].open();
  far[1].text('too early');
  expect(log).toEqual([]);
  far[0].open(20);
  socket.send('depth');
  socket.send('mark');
  far[0].text('a book');
  far[1].binary(7);
  expect(log).toEqual(['open 20', 'main < depth', 'side < mark', 'a book', '7 bytes']);
});

test.each([0, 1])('the end of either is that of both, told once (%i)', (i) => {
  const { far, log } = joined();
  for (const { open } of far) open();
  far[i].close('code 1006', 3000);
  far[1 - i].close('code 1000');
  far[1 - i].text('late');
  expect(log).toEqual(['open undefined', 'main over', 'side over', 'closed: code 1006, 3000']);
});

test.each([
  [0, 'side'],
  [1, 'main'],
])('one that says nothing while the other speaks ends both (%i speaks)', (i, silent) => {
  const { far, log, at } = joined();
  at(1000);
  for (const { open } of far) open();
  at(26_000);
  far[i].text('still here');
  expect(log).toEqual(['open undefined', 'still here']);
  at(26_001);
  far[i].heartbeat();
  expect(log.slice(2)).toEqual([
    'main over',
    'side over',
    `closed: nothing heard from ${silent} for 25001 ms, undefined`,
  ]);
});
