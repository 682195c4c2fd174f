/**
 * Records the commands of several tasks, one after another, for the leader. The tape begins with the addresses at which
 * the tasks' commands start and, after the last one, end. What is beside the tape is the leader's alone.
 */
import { COMMAND_BYTES } from './command';

/** Tasks a tape may have. */
const MAX_TASKS: i32 = 31;
/** Bytes of the addresses at the tape's beginning. */
const STARTS: usize = 128;

let tape: usize = 0;
let end: usize = 0;
let next: usize = 0;
let tasks: i32 = 0;
let recording: bool = false;

/** Starts a tape of `bytes` bytes; records nothing before `beginTask`. */
export function beginTape(address: usize, bytes: i32): void {
  tape = address;
  end = address + <usize>bytes;
  next = address + STARTS;
  tasks = 0;
}

/** What comes now belongs to a new task. False when the tape has room for no more: then nothing is recorded. */
export function beginTask(): bool {
  recording = tasks < MAX_TASKS && next + COMMAND_BYTES <= end;
  if (recording) {
    store<usize>(tape + ((<usize>tasks) << 2), next);
    tasks++;
  }
  return recording;
}

/** Ends the recording. */
export function endTape(): void {
  recording = false;
  store<usize>(tape + ((<usize>tasks) << 2), next);
}

export function isRecording(): bool {
  return recording;
}

/** Where the next command is to be written. */
export function nextOnTape(): usize {
  return next;
}

/** Keeps the command written at `nextOnTape`. False when no other would fit. */
export function advance(): bool {
  next += COMMAND_BYTES;
  return next + COMMAND_BYTES <= end;
}

/** Takes back what the current task has recorded, and records no more of it. */
export function dropTask(): void {
  recording = false;
  tasks--;
  next = taskStart(tape, tasks);
}

export function tapeAddress(): usize {
  return tape;
}

export function numTasks(): i32 {
  return tasks;
}

/** Where a task's commands start; the end of the last one's for the number after it. */
export function taskStart(tape: usize, task: i32): usize {
  return load<usize>(tape + ((<usize>task) << 2));
}
