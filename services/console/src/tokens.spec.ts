import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readEnvironment } from './config.js';
import { Tokens } from './tokens.js';

const base = { DATABASE_URL: 'postgres://u:p@h:1/console', KAFKA_BROKERS: 'h:1' };
const SECRET = 'a secret of thirty-two characters';
let provider: Server;
let privateKey: CryptoKey;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  privateKey = pair.privateKey;
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] });
  provider = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys)).listen(0, '127.0.0.1');
  await new Promise((resolve) => provider.once('listening', resolve));
  const { port } = provider.address() as AddressInfo;
  env = { ...base, AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`, AUTH_ISSUER: 'https://id.example.com', AUTH_AUDIENCE: 'signalbox' };
});
afterAll(() => provider.close());

const theirs = (claims: JWTPayload, issuer = 'https://id.example.com', audience = 'signalbox') =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setSubject('ana')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('5m')
    .sign(privateKey);
const verify = (token: string, more: NodeJS.ProcessEnv = env) => new Tokens(readEnvironment(more)).verify(token);

describe('a token', () => {
  it('of the provider is taken, with its subject and role', async () => {
    expect(await verify(await theirs({ role: 'supervisor' }))).toMatchObject({ agentId: 'ana', role: 'supervisor' });
  });

  it('for somebody else, from somebody else, or without a known role is not', async () => {
    await expect(verify(await theirs({ role: 'admin' }, 'https://evil.example.com'))).rejects.toThrow('the token is not valid');
    await expect(verify(await theirs({ role: 'admin' }, undefined, 'another-app'))).rejects.toThrow('the token is not valid');
    await expect(verify(await theirs({ role: 'boss' }))).rejects.toThrow(/claim 'role'/);
  });

  it('signed with the public key as if it were a secret is not', async () => {
    const publicKey = await (await fetch(env['AUTH_JWKS_URL']!)).text();
    const forged = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ana')
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(publicKey));
    await expect(verify(forged)).rejects.toThrow('the token is not valid');
  });

  it('of our own is taken back, and not after its time', async () => {
    const tokens = new Tokens(readEnvironment({ ...base, AUTH_JWT_SECRET: SECRET }));
    const caller = {
      agentId: 'ana',
      role: 'agent',
      sessionId: 's',
      expiresAt: new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000),
    } as const;
    expect(await tokens.verify(await tokens.issue(caller))).toEqual(caller);
    await expect(tokens.verify(await tokens.issue({ ...caller, expiresAt: new Date(Date.now() - 60_000) }))).rejects.toThrow(
      /expired; sign in again/,
    );
  });
});

it('refuses an environment in which no token could be verified', () => {
  expect(() => readEnvironment(base)).toThrow(/AUTH_JWT_SECRET or AUTH_JWKS_URL/);
  expect(() => readEnvironment({ ...base, AUTH_JWKS_URL: 'https://id.example.com/keys' })).toThrow(/AUTH_ISSUER, AUTH_AUDIENCE/);
});
