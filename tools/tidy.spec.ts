import { allEvents, allTopics, eventOfType, ServiceName } from '@signalbox/contracts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { eventsReadBy } from './documents.ts';

/** Rules that are not a test are lost. */
const root = process.cwd();

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (['node_modules', 'dist', '.signalbox'].includes(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(path) : /\.(ts|tsx)$/.test(entry.name) ? [path] : [];
  });
}
const sources = (folder: string): string[] => filesBelow(folder).filter((file) => !file.endsWith('.spec.ts'));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const importsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/^(?:import|export)\s[^;]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)].map(
    (match) => (match[1] ?? match[2] ?? match[3])!,
  );

const libraries = ['contracts', 'messaging', 'service-defaults', 'test-stack'];
const MAY_IMPORT: Record<string, string[]> = {
  contracts: [],
  messaging: ['contracts'],
  'service-defaults': ['contracts', 'messaging'],
  'test-stack': ['contracts', 'messaging'],
};

describe('imports', () => {
  it('go one way between libraries: contracts ← messaging ← service-defaults; test-stack on top', () => {
    for (const library of libraries) {
      for (const file of sources(`libs/${library}/src`)) {
        const others = importsOf(file)
          .filter((name) => name.startsWith('@signalbox/'))
          .map((name) => name.slice('@signalbox/'.length));
        expect({ file, others: others.filter((name) => !MAY_IMPORT[library]!.includes(name)) }).toEqual({ file, others: [] });
      }
    }
  });

  it('of contracts are zod and nothing else', () => {
    for (const file of sources('libs/contracts/src')) {
      expect({ file, imports: importsOf(file).filter((name) => !name.startsWith('.') && name !== 'zod') }).toEqual({ file, imports: [] });
    }
  });

  it('of kafkajs are in messaging alone (and in the benchmarks’ peers and the infrastructure’s own test)', () => {
    const files = [...filesBelow('libs'), ...filesBelow('services'), ...filesBelow('tools'), ...filesBelow('e2e')].filter((file) =>
      importsOf(file).some((name) => name.startsWith('kafkajs')),
    );
    expect(
      files.filter((file) => !file.startsWith('libs/messaging/src/') && file !== 'libs/test-stack/test/infrastructure.int.spec.ts'),
    ).toEqual([]);
  });

  it('never reach from one service into another', () => {
    for (const service of ServiceName.options) {
      for (const file of filesBelow(`services/${service}/src`)) {
        const strangers = importsOf(file).filter((name) =>
          name.startsWith('.')
            ? !join(dirname(file), name).startsWith(`services/${service}/`)
            : name.startsWith('@signalbox/') && !libraries.includes(name.slice('@signalbox/'.length)),
        );
        expect({ file, strangers }).toEqual({ file, strangers: [] });
        expect({ file, testStack: importsOf(file).includes('@signalbox/test-stack') }).toEqual({ file, testStack: false });
      }
    }
  });

  it('of domain/ are free of Nest, TypeORM, Kafka, stores and clients', () => {
    for (const service of ServiceName.options) {
      for (const file of sources(`services/${service}/src/domain`)) {
        const impure = importsOf(file).filter(
          (name) =>
            /^(@nestjs|typeorm|pg|kafkajs|opossum|express|node:(fs|net|http|child_process|timers))/.test(name) ||
            /\.(store|client|consumer|controller|timer)\.js$/.test(name),
        );
        expect({ file, impure }).toEqual({ file, impure: [] });
        // Types of the configuration snapshot are data; anything else of messaging is not for decisions.
        const messaging = /import (?!type)[^;]*from '@signalbox\/messaging'/.test(textOf(file));
        expect({ file, messaging }).toEqual({ file, messaging: false });
      }
    }
  });
});

describe('decisions', () => {
  it('ask nobody for the time or for chance', () => {
    for (const service of ServiceName.options) {
      for (const file of sources(`services/${service}/src/domain`)) {
        const found = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\bperformance\.now\(/.exec(textOf(file))?.[0];
        expect({ file, found }).toEqual({ file, found: undefined });
      }
    }
  });
});

describe('topics', () => {
  it('have one writer each, and events of their own', () => {
    expect(new Set(allTopics().map((topic) => topic.name)).size).toBe(allTopics().length);
    expect(new Set(allEvents().map((event) => event.type)).size).toBe(allEvents().length);
    for (const topic of allTopics())
      expect({ topic: topic.name, events: allEvents().some((event) => event.topic === topic) }).toEqual({
        topic: topic.name,
        events: true,
      });
  });

  it('are written by their writer’s code alone', () => {
    for (const service of ServiceName.options) {
      const text = sources(`services/${service}/src`).map(textOf).join('\n');
      const foreign = allEvents().filter(
        (event) =>
          event.topic.writer !== service &&
          new RegExp(`[^@\\w]${event.type}\\((?!\\w+\\))[^)]*\\{`).test(text.replaceAll(/@On\([\w\s,]+\)/g, '')),
      );
      expect({ service, foreign: foreign.map((event) => event.type) }).toEqual({ service, foreign: [] });
    }
  });

  it('are not read by their own writer', () => {
    for (const service of ServiceName.options) {
      const own = eventsReadBy(service).filter((type) => eventOfType(type)?.topic.writer === service);
      expect({ service, own }).toEqual({ service, own: [] });
    }
  });
});

describe('names', () => {
  it('avoid the words that say nothing', () => {
    const files = ['libs', 'services', 'tools', 'bench', 'e2e'].flatMap(filesBelow);
    expect(files.filter((file) => /(^|\/)(common|utils?|shared|core|helpers?|misc|manager)(\/|\.|-)/.test(file))).toEqual([]);
  });

  it('of migrations end in their 13-digit milliseconds, and every migration is listed by its service', () => {
    for (const service of ServiceName.options) {
      for (const file of sources(`services/${service}/src/migrations`)) {
        const [, ms, words] = /(\d{13})-([a-z0-9-]+)\.ts$/.exec(file) ?? [];
        expect(textOf(file)).toContain(`'${words}-${ms}'`);
        expect(textOf(`services/${service}/src/service.ts`)).toContain(`/migrations/${ms}-${words}.js`);
      }
    }
  });

  it('of machines and hosts are nowhere', () => {
    for (const file of ['libs', 'services', 'tools', 'bench', 'e2e'].flatMap(filesBelow)) {
      expect({ file, found: /\/(?:home|root|work)\/[\w.-]+\//.exec(textOf(file).replaceAll(/https?:\/\/\S+/g, ''))?.[0] }).toEqual({
        file,
        found: undefined,
      });
    }
  });
});

describe('services', () => {
  it('say in their README what they read and write, as the code does', () => {
    for (const service of ServiceName.options) {
      const readme = textOf(relative(root, join(root, 'services', service, 'README.md')));
      const topics = new Set(eventsReadBy(service).map((type) => eventOfType(type)!.topic.name));
      for (const topic of topics)
        expect({ service, readme: readme.includes(topic) ? topic : 'missing' }).toEqual({ service, readme: topic });
      for (const topic of allTopics())
        if (topic.writer === service)
          expect({ service, readme: readme.includes(topic.name) ? topic.name : 'missing' }).toEqual({ service, readme: topic.name });
    }
  });
});
