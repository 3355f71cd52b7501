import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApi, PICTURE, stackSchema, withPicture } from './documents.ts';

const root = process.cwd();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('the generated documents', () => {
  it('are up to date (else: npm run docs)', () => {
    expect(read('docs/asyncapi.yaml')).toBe(asyncApi());
    expect(read('docs/stack.schema.json')).toBe(stackSchema());
    expect(read('README.md')).toMatch(PICTURE);
    expect(withPicture(read('README.md'))).toBe(read('README.md'));
  });

  it('hold a valid AsyncAPI 3 document, by the official parser', async () => {
    const { document, diagnostics } = await new Parser().parse(asyncApi());
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
  });
});
