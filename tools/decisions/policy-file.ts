import { namesIn, RoutingPolicy } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import { readCheckedFiles, refusalBy, type ConfigDocument } from '../company-files.ts';
import { WrongUse } from './findings.ts';

export interface PolicyFile {
  readonly policy: RoutingPolicy;
  /** Where it stands. */
  readonly document: ConfigDocument;
}

/**
 * The policy of a file.
 * @throws WrongUse naming file, line, field and what is allowed
 */
export function policyIn(file: string | undefined, command: string): PolicyFile {
  if (file === undefined) throw new WrongUse(`${command} needs a policy, such as: npm run signalbox -- ${command} --policy new.yaml`);
  try {
    const document = readCheckedFiles([file]).find(({ kind }) => kind === 'routing-policy');
    if (!document) throw new Error(`${file}: there is no routing-policy in it`);
    return { policy: RoutingPolicy.parse(document.content), document };
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

/**
 * The policy of a file beside the configuration it would be part of.
 * @throws WrongUse naming file, line and field of every name that does not exist there
 */
export function policyWithin({ policy, document }: PolicyFile, config: ConfigurationSnapshot): RoutingPolicy {
  const problems = namesIn(policy).flatMap(({ kind, name, path }) => {
    const known = config.all(kind);
    const allowed = [...known.keys()].sort().slice(0, 50);
    const message = `${kind} '${name}' does not exist${allowed.length === 0 ? '; there is none' : ''}`;
    return known.has(name) ? [] : [{ document: `routing-policy/${document.name}`, field: path.join('.'), message, allowed }];
  });
  if (problems.length > 0) throw new WrongUse(refusalBy(problems, [document]));
  return policy;
}
