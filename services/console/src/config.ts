import { parseEnvironment } from '@signalbox/service-defaults';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const additions = {
  OPERATOR_TOKEN: z.string().min(16).optional(),
  /** HS256; with it this console issues tokens of its own, by sign-in links. */
  AUTH_JWT_SECRET: z.string().min(32).optional(),
  /** An OpenID provider's keys; then issuer and audience must be given too. */
  AUTH_JWKS_URL: z.url().optional(),
  AUTH_ISSUER: z.string().min(1).optional(),
  AUTH_AUDIENCE: z.string().min(1).optional(),
  /** Intake's folder of attachments, read only. Without it attachments are named but cannot be opened here. */
  ATTACHMENTS_DIR: z.string().min(1).optional(),
  /** The built page; not served when the folder does not exist. */
  WEB_DIR: z.string().default(fileURLToPath(new URL('../web/dist', import.meta.url))),
};

/** @throws Error when tokens could not be verified by any means, or by an OpenID provider without issuer and audience. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env) {
  const environment = parseEnvironment(additions, env);
  const { AUTH_JWT_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE } = environment;
  if (AUTH_JWT_SECRET === undefined && AUTH_JWKS_URL === undefined) {
    throw new Error('the environment is not complete:\n  AUTH_JWT_SECRET or AUTH_JWKS_URL: one of them is needed to verify tokens');
  }
  if (AUTH_JWKS_URL !== undefined && (AUTH_ISSUER === undefined || AUTH_AUDIENCE === undefined)) {
    throw new Error('the environment is not complete:\n  AUTH_ISSUER, AUTH_AUDIENCE: both are needed beside AUTH_JWKS_URL');
  }
  return environment;
}
export type ConsoleEnvironment = ReturnType<typeof readEnvironment>;
export const ENVIRONMENT = Symbol('ConsoleEnvironment');
