/** Chooses the policy head for an action space. */
import type { ActionSpace } from '../../envs/spaces.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { CategoricalHead } from './categorical-head.ts';
import { GaussianHead } from './gaussian-head.ts';
import type { PolicyHead } from './policy-head.ts';

/** @param initialLogStd starting log deviation of continuous actions */
export function createPolicyHead(kernels: Kernels, space: ActionSpace, initialLogStd: number): PolicyHead {
  if (space.kind === 'box') return new GaussianHead(kernels, space, initialLogStd);
  return new CategoricalHead(kernels, space, space.kind === 'discrete' ? [space.n] : space.sizes);
}
