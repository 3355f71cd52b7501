import { ServiceName } from '@signalbox/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { assignment } from '../services/assignment/src/service.js';
import { consoleService } from '../services/console/src/service.js';
import { enrichment } from '../services/enrichment/src/service.js';
import { intake } from '../services/intake/src/service.js';
import { knowledgeBase } from '../services/knowledge-base/src/service.js';
import { routing } from '../services/routing/src/service.js';
import { slaEscalation } from '../services/sla-escalation/src/service.js';

const root = process.cwd();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const DEFINITIONS = {
  intake,
  enrichment,
  routing,
  assignment,
  'sla-escalation': slaEscalation,
  'knowledge-base': knowledgeBase,
  console: consoleService,
} satisfies Record<ServiceName, (env: NodeJS.ProcessEnv) => unknown>;

interface ComposeService {
  readonly build?: { readonly args: { readonly SERVICE: string } };
  readonly environment?: Record<string, string>;
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, ComposeService> };
const example = Object.fromEntries(
  [...read('deploy/example.env').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!] as const),
);
const imageEnv = Object.fromEntries(
  [...read('deploy/Dockerfile').matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) =>
    [...line!.matchAll(/([A-Z_]+)=("[^"]*"|\S+)/g)].map(([, name, value]) => [name!, value!.replaceAll('"', '')] as const),
  ),
);

/** As compose does it: `:?` ends with an error when there is no value, `:-` has a default. */
function expand(text: string, values: Record<string, string>): string {
  return text.replace(/\$\{([A-Z_]+):([?-])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    if (!(name in example)) throw new Error(`${name} is missing in deploy/example.env`);
    const value = values[name] ?? '';
    if (value === '' && kind === '?') throw new Error(`${name}: ${rest}`);
    return value === '' ? rest : value;
  });
}
const environmentOf = (service: string, values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(compose.services[service]!.environment!).map(([name, text]) => [name, expand(text, values)]));

/** What a person fills in: every secret, and nothing that may stay empty. */
const OPTIONAL = /^(SMTP_RELAY_URL|SLA_WEBHOOK_SECRET|META_|TELEGRAM_)/;
const filled = Object.fromEntries(
  Object.entries(example).map(([name, value]) => [name, value === '' && !OPTIONAL.test(name) ? 's'.repeat(48) : value]),
);

describe('docker-compose.yml', () => {
  it.each(ServiceName.options)('gives %s an image and an environment it starts with', (service) => {
    expect(compose.services[service]!.build!.args.SERVICE).toBe(service);
    expect(() => DEFINITIONS[service]({ ...imageEnv, ...environmentOf(service, filled) })).not.toThrow();
  });

  it.each(ServiceName.options)('does not start %s without its secrets', (service) => {
    expect(() => environmentOf(service, example)).toThrow('see deploy/example.env');
  });

  it('gives nobody the credentials of another', () => {
    for (const service of ServiceName.options) {
      const database = `signalbox_${service.replaceAll('-', '_')}`;
      const urls = JSON.stringify(compose.services[service]!.environment).match(/postgresql:[^"]+/g);
      expect(urls).toEqual([expect.stringMatching(new RegExp(`//${database}:.*/${database}$`))]);
    }
  });

  it('provisions every service’s database', () => {
    const names = ServiceName.options.map((service) => `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_PASSWORD`);
    expect(Object.keys(environmentOf('provision', filled))).toEqual(expect.arrayContaining(['DATABASE_URL', 'KAFKA_BROKERS', ...names]));
  });

  it('has a front door to services that are there', () => {
    const targets = [...read('deploy/front-door.conf').matchAll(/location (\S+) \{ proxy_pass http:\/\/([a-z-]+):8080; \}/g)];
    expect(targets.map(([, path, service]) => [path, service])).toEqual([
      ['/intake', 'intake'],
      ['/knowledge-base', 'knowledge-base'],
      ['/', 'console'],
    ]);
    expect(imageEnv['PORT']).toBe('8080');
  });
});
