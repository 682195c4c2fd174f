/**
 * Lets threads share one command at a time. A command is a number of chunks; who takes a chunk does not matter, as a
 * chunk's result depends on its index alone. The leader takes chunks from the front and the others from the back, so
 * that a thread mostly finds in its cache what it wrote before; a thread that is late, asleep or gone finds nothing
 * left to take, and nobody waits for it.
 *
 * The control block, at an address aligned to 64, one cache line for each group of fields:
 *   0 ticket i64: number of the command << 32 | end of the free chunks << 16 | first free chunk
 *   64 finished i32: chunks that the others have done · 68 waiting i32: whether the leader sleeps
 *   128 sleepers i32: threads asleep or about to be · 132 state i32 · 136 timeout f64, milliseconds
 *   192 the command, see command.ts
 */

const FINISHED: usize = 64;
const WAITING: usize = 68;
const SLEEPERS: usize = 128;
const STATE: usize = 132;
const TIMEOUT: usize = 136;
export const COMMAND: usize = 192;

/** Of one command: a ticket counts them in 16 bits. */
export const MAX_CHUNKS: i32 = 0xffff;

const RUNNING: i32 = 0;
const CLOSED: i32 = 1;
const LOST: i32 = 2;

/** Rounds of looking for work before a thread goes to sleep: some 50 µs, the time between two operations of a learner. */
const IDLE_ROUNDS: i32 = 40000;

/** Bytes of a control block. */
export function teamBytes(): i32 {
  return 320;
}

/** @param timeout milliseconds after which a chunk that another thread took counts as lost */
export function openTeam(team: usize, timeout: f64): void {
  store<f64>(team, timeout, TIMEOUT);
}

/** Every thread leaves; the team cannot be opened again. */
export function closeTeam(team: usize): void {
  end(team, CLOSED);
}

/** For a thread that cannot go on: the leader then stops instead of waiting for it. */
export function abandonTeam(team: usize): void {
  end(team, LOST);
  atomic.notify(team + FINISHED);
}

function end(team: usize, state: i32): void {
  atomic.cmpxchg<i32>(team, RUNNING, state, STATE);
  // A ticket without chunks that no sleeper has seen.
  atomic.add<i64>(team, (<i64>1) << 32);
  atomic.notify(team);
}

export function isRunning(team: usize): bool {
  return atomic.load<i32>(team, STATE) === RUNNING;
}

/** Leader: offers the command written at `COMMAND`. */
export function offer(team: usize, chunks: i32): void {
  atomic.store<i32>(team, 0, FINISHED);
  const number = (atomic.load<i64>(team) >> 32) + 1;
  atomic.store<i64>(team, (number << 32) | ((<i64>chunks) << 16));
  if (atomic.load<i32>(team, SLEEPERS) > 0) atomic.notify(team);
}

export function commandNumber(team: usize): i64 {
  return atomic.load<i64>(team) >> 32;
}

/** Leader: the next chunk from the front, −1 when none is left. */
export function takeFirst(team: usize): i32 {
  let ticket = atomic.load<i64>(team);
  while (hasChunks(ticket)) {
    const seen = atomic.cmpxchg<i64>(team, ticket, ticket + 1);
    if (seen === ticket) return <i32>(ticket & 0xffff);
    ticket = seen;
  }
  return -1;
}

/** Others: the next chunk from the back, −1 when none is left. */
export function takeLast(team: usize): i32 {
  let ticket = atomic.load<i64>(team);
  while (hasChunks(ticket)) {
    const seen = atomic.cmpxchg<i64>(team, ticket, ticket - 0x10000);
    if (seen === ticket) return <i32>((ticket >> 16) & 0xffff) - 1;
    ticket = seen;
  }
  return -1;
}

function hasChunks(ticket: i64): bool {
  return (ticket & 0xffff) < ((ticket >> 16) & 0xffff);
}

/** Others: a chunk that was taken is done. */
export function finish(team: usize): void {
  atomic.add<i32>(team, 1, FINISHED);
  if (atomic.load<i32>(team, WAITING)) atomic.notify(team + FINISHED);
}

/** Leader: waits until the others have done `chunks` chunks. False when they never will. */
export function awaitOthers(team: usize, chunks: i32): bool {
  for (let round = 0; round < IDLE_ROUNDS; round++) {
    if (atomic.load<i32>(team, FINISHED) === chunks) return true;
  }
  atomic.store<i32>(team, 1, WAITING);
  let finished = atomic.load<i32>(team, FINISHED);
  while (finished !== chunks && isRunning(team)) {
    const outcome = atomic.wait<i32>(team + FINISHED, finished, <i64>(load<f64>(team, TIMEOUT) * 1e6));
    if (outcome === AtomicWaitResult.TIMED_OUT) end(team, LOST);
    finished = atomic.load<i32>(team, FINISHED);
  }
  atomic.store<i32>(team, 0, WAITING);
  return finished === chunks;
}

/** Others: waits for a command, first awake, then asleep. False when the team has ended. */
export function awaitCommand(team: usize): bool {
  for (let round = 0; round < IDLE_ROUNDS; round++) {
    if (hasChunks(atomic.load<i64>(team))) return true;
  }
  atomic.add<i32>(team, 1, SLEEPERS);
  const ticket = atomic.load<i64>(team);
  if (!hasChunks(ticket) && isRunning(team)) atomic.wait<i64>(team, ticket);
  atomic.sub<i32>(team, 1, SLEEPERS);
  return isRunning(team);
}
