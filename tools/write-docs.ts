import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asyncApi, stackSchema, withPicture } from './documents.ts';

/** `npm run docs`: writes what is generated from the declarations. tools/documents.spec.ts fails when it is out of date. */
const root = resolve(import.meta.dirname, '..');
writeFileSync(join(root, 'docs/asyncapi.yaml'), asyncApi());
writeFileSync(join(root, 'docs/stack.schema.json'), stackSchema());
const readme = join(root, 'README.md');
writeFileSync(readme, withPicture(readFileSync(readme, 'utf8')));
console.log('docs/asyncapi.yaml, docs/stack.schema.json and the picture in README.md are up to date');
