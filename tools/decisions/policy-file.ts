import { RoutingPolicy } from '@signalbox/contracts';
import { readCheckedFiles } from '../company-files.ts';
import { WrongUse } from './findings.ts';

/**
 * The policy of a file: the one named `standard`, else the first, as the service chooses.
 * @throws WrongUse naming file, line, field and what is allowed
 */
export function policyIn(file: string | undefined, command: string): RoutingPolicy {
  if (file === undefined) throw new WrongUse(`${command} needs a policy, such as: npm run signalbox -- ${command} --policy new.yaml`);
  try {
    const policies = readCheckedFiles([file]).filter(({ kind }) => kind === 'routing-policy');
    const chosen = policies.find(({ name }) => name === 'standard') ?? policies[0];
    if (!chosen) throw new Error(`${file}: there is no routing-policy in it`);
    return RoutingPolicy.parse(chosen.content);
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}
