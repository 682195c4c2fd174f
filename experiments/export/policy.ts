/** Opens a trained run, and writes its policy for other runtimes. */
import { ConfigError } from '../../core/errors.ts';
import { describeSpace } from '../../envs/spaces.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { openTrainedRun } from '../run/judge-runs.ts';
import { createEvaluationEnv } from '../run/parts.ts';
import { exportPolicy } from './onnx/policy.ts';

/**
 * @param checkpoint as of `openTrainedRun`
 * @throws ConfigError as `openTrainedRun`, `unfit-export` for an agent whose policy is no network of its own
 */
export async function exportRun(
  path: string,
  checkpoint: string | undefined,
  access: PluginAccess,
): Promise<Uint8Array> {
  const { run, agent } = await openTrainedRun(path, checkpoint, access);
  const policy = agent.describePolicy?.();
  if (policy === undefined) {
    const { name } = run.spec.agent;
    const why =
      run.spec.network !== undefined
        ? 'its networks are your own, and how they compute is not known'
        : 'it does not decide by a network of its own alone';
    throw new ConfigError('unfit-export', `The policy of agent "${name}" cannot be written as ONNX: ${why}.`);
  }
  const { observationSpace, actionSpace, actionMask } = createEvaluationEnv(run, 'test');
  return exportPolicy(policy, {
    observationDim: observationSpace.dim,
    masksActions: actionMask !== undefined,
    properties: {
      agent: run.spec.agent.name,
      env: run.spec.env.name,
      observations: describeSpace(observationSpace),
      actions: describeSpace(actionSpace),
    },
  });
}
