import { ServiceName } from '@signalbox/contracts';
import { join } from 'node:path';
import type { ProcessDefinition } from './processes.ts';
import type { StackSecrets } from './secrets.ts';

export interface StackPorts {
  readonly http: number;
  readonly smtp: number;
  readonly receiver: number;
  readonly receiverSmtp: number;
  readonly services: Readonly<Record<ServiceName, number>>;
}

export interface ServiceSurroundings {
  readonly root: string;
  readonly stateDir: string;
  readonly kafkaBrokers: readonly string[];
  readonly databases: Readonly<Record<ServiceName, string>>;
  readonly ports: StackPorts;
  readonly secrets: StackSecrets;
  readonly supportAddress: string;
  readonly clockOffsetMs: number;
}

/** The seven services as processes, each with its own database, and the receiver that stands for the world outside. */
export function processDefinitions(around: ServiceSurroundings): { services: ProcessDefinition[]; receiver: ProcessDefinition } {
  const { ports, secrets } = around;
  const publicUrl = `http://127.0.0.1:${ports.http}`;
  const attachments = { ATTACHMENTS_DIR: join(around.stateDir, 'attachments') };
  const vendors = { META_ACCESS_TOKEN: secrets.metaAccess, TELEGRAM_BOT_TOKEN: secrets.telegramBot };
  const own: Record<ServiceName, NodeJS.ProcessEnv> = {
    intake: {
      ...attachments,
      ...vendors,
      SMTP_PORT: String(ports.smtp),
      SUPPORT_ADDRESS: around.supportAddress,
      MAIL_DOMAIN: around.supportAddress.slice(around.supportAddress.indexOf('@') + 1),
      SMTP_RELAY_URL: `smtp://127.0.0.1:${ports.receiverSmtp}`,
      PUBLIC_URL: publicUrl,
      REPLY_TOKEN_SECRETS: secrets.replyToken,
      CHAT_TOKEN_SECRET: secrets.chatToken,
      META_APP_SECRETS: secrets.metaApp,
      META_VERIFY_TOKEN: secrets.metaVerify,
      META_BASE_URL: `http://127.0.0.1:${ports.receiver}`,
      TELEGRAM_SECRET_TOKENS: secrets.telegramSecret,
      TELEGRAM_BASE_URL: `http://127.0.0.1:${ports.receiver}`,
    },
    enrichment: {},
    routing: {},
    assignment: {},
    'sla-escalation': {
      SMTP_RELAY_URL: `smtp://127.0.0.1:${ports.receiverSmtp}`,
      SLA_WEBHOOK_SECRET: secrets.slaWebhook,
      PUBLIC_URL: publicUrl,
    },
    'knowledge-base': { FEEDBACK_TOKEN_SECRETS: secrets.feedbackToken, PUBLIC_URL: publicUrl },
    console: {
      ...attachments,
      AUTH_JWT_SECRET: secrets.jwt,
      PUBLIC_URL: publicUrl,
      WEB_DIR: join(around.root, 'services/console/web/dist'),
    },
  };
  const services = ServiceName.options.map((name) => ({
    name,
    file: join(around.root, 'services', name, 'dist/main.js'),
    env: {
      ...own[name],
      PORT: String(ports.services[name]),
      DATABASE_URL: around.databases[name],
      KAFKA_BROKERS: around.kafkaBrokers.join(','),
      OPERATOR_TOKEN: secrets.operator,
      SIGNALBOX_CLOCK_OFFSET_MS: String(around.clockOffsetMs),
      LOG_JSON: 'true',
    },
  }));
  const receiver = {
    name: 'dev-receiver',
    file: join(around.root, 'tools/stack/dev-receiver.ts'),
    env: { ...vendors, SLA_WEBHOOK_SECRET: secrets.slaWebhook, PORT: String(ports.receiver), SMTP_PORT: String(ports.receiverSmtp) },
    stopMs: 2_000,
  };
  return { services, receiver };
}
