/** Offers long short-term memory over a window of bars as a model. */
import { defineRecurrentModel } from './model.ts';

export const lstm = defineRecurrentModel(
  'lstm',
  'LSTM over a window of bars, with dropout and a linear head',
);
