/** Hands a command out: to the calling thread, to the whole team in chunks, or to the thread that gets a task. */
import {
  ACTIVATE,
  ACTIVATION_GRADIENT,
  ADAM,
  BIAS_ACTIVATE,
  COMMAND_BYTES,
  ceilDivide,
  FIRST,
  GATHER_ROWS,
  GRAIN,
  GROW,
  get,
  LOG_SOFTMAX,
  OPERATION,
  PARTITION,
  PRODUCT_COLUMNS,
  PRODUCT_ROWS,
  put,
  RMS_PROP,
  SGD,
  TASKS,
  WALK,
} from './command';
import { productColumns, productRows } from './products/split';
import { gatherRange } from './rows';
import {
  activateRange,
  biasActivateRange,
  gradientColumns,
  scaleRange,
  softmaxRows,
} from './split-elementwise';
import { adamRange, rmsPropRange, sgdRange } from './split-optimizers';
import { growChunk, partitionChunk, walkRange } from './split-trees';
import {
  advance,
  dropTask,
  endTape,
  isRecording,
  nextOnTape,
  numTasks,
  tapeAddress,
  taskStart,
} from './tape';
import {
  awaitCommand,
  awaitOthers,
  COMMAND,
  commandNumber,
  finish,
  isRunning,
  offer,
  takeFirst,
  takeLast,
} from './team';

let doneByOthers: f64 = 0;

/** Chunks of this instance's commands that other threads did, since its start. */
export function chunksDoneByOthers(): f64 {
  return doneByOthers;
}

/** Where the next command is written: into the control block, or onto the tape of a task. */
export function nextCommand(team: usize): usize {
  return isRecording() ? nextOnTape() : team + COMMAND;
}

/** Does the command written at `nextCommand`: by the whole team, or later, by the thread that gets its task. */
export function submit(team: usize, operation: i32, length: i32, grain: i32): i32 {
  const command = nextCommand(team);
  put<i32>(command, OPERATION, operation);
  if (isRecording()) {
    put<i32>(command, GRAIN, length);
    if (!advance()) settle();
    return 0;
  }
  put<i32>(command, GRAIN, grain);
  return run(team, ceilDivide(length, grain));
}

/** Whether the calling thread does a kernel by itself. */
export function isAlone(team: usize, isSmall: bool): bool {
  return !team || (isSmall && !isRecording());
}

/** Offers the team's command, takes part in it and waits for its end. */
function run(team: usize, chunks: i32): i32 {
  if (!isRunning(team)) return 1;
  offer(team, chunks);
  let others = chunks;
  for (let chunk = takeFirst(team); chunk >= 0; chunk = takeFirst(team)) {
    runTeamChunk(team, chunk, 0);
    others--;
  }
  doneByOthers += others;
  return others === 0 || awaitOthers(team, others) ? 0 : 1;
}

/**
 * A thread's life, in turns: works until nothing has come for a while, sleeps, and returns 1 when it is woken, 0 when
 * the team has ended.
 * @param thread 1, 2, …; the leader is 0
 */
export function work(team: usize, thread: i32): i32 {
  for (let chunk = takeLast(team); chunk >= 0; chunk = takeLast(team)) {
    runTeamChunk(team, chunk, thread);
    finish(team);
  }
  return awaitCommand(team) ? 1 : 0;
}

function runTeamChunk(team: usize, chunk: i32, thread: i32): void {
  const command = team + COMMAND;
  if (get<i32>(command, OPERATION) === TASKS) {
    const tape = get<usize>(command, FIRST);
    runTape(taskStart(tape, chunk), taskStart(tape, chunk + 1), thread);
  } else runChunk(command, chunk, thread, commandNumber(team));
}

/** Ends the recording of tasks and does them, each on one thread. */
export function runTasks(team: usize): i32 {
  endTape();
  const command = team + COMMAND;
  put<i32>(command, OPERATION, TASKS);
  put<usize>(command, FIRST, tapeAddress());
  return run(team, numTasks());
}

/**
 * For what cannot be recorded: does at once what is recorded of the current task. The rest of it is not recorded.
 */
export function settle(): void {
  if (!isRecording()) return;
  const to = nextOnTape();
  dropTask();
  runTape(nextOnTape(), to, 0);
}

function runTape(from: usize, to: usize, thread: i32): void {
  for (let command = from; command < to; command += COMMAND_BYTES) runChunk(command, 0, thread, -1);
}

/** @param number of the command, in which a chunk may find B packed by an earlier one; −1 when there is none */
function runChunk(command: usize, chunk: i32, thread: i32, number: i64): void {
  const operation = get<i32>(command, OPERATION);
  const grain = get<i32>(command, GRAIN);
  const from = chunk * grain;
  if (operation === PRODUCT_ROWS) productRows(command, from, grain, thread, number);
  else if (operation === PRODUCT_COLUMNS) productColumns(command, from, grain, thread);
  else if (operation === ACTIVATE) activateRange(command, from, grain);
  else if (operation === ACTIVATION_GRADIENT) gradientColumns(command, from, grain);
  else if (operation === LOG_SOFTMAX) softmaxRows(command, from, grain);
  else if (operation === BIAS_ACTIVATE) biasActivateRange(command, from, grain);
  else if (operation === ADAM) adamRange(command, from, grain);
  else if (operation === RMS_PROP) rmsPropRange(command, from, grain);
  else if (operation === SGD) sgdRange(command, from, grain);
  else if (operation === GATHER_ROWS) gatherRange(command, from, grain);
  else if (operation === GROW) growChunk(command, chunk);
  else if (operation === PARTITION) partitionChunk(command, chunk);
  else if (operation === WALK) walkRange(command, from, grain, thread);
  else scaleRange(command, from, grain);
}
