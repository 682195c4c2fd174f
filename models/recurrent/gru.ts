/** Offers gated recurrent units over a window of bars as a model. */
import { defineRecurrentModel } from './model.ts';

export const gru = defineRecurrentModel('gru', 'GRU over a window of bars, with dropout and a linear head');
