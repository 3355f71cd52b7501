import chromium from '@sparticuz/chromium';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chromium as playwright, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '../../..');
const shots = join(root, '.signalbox/screenshots');
/** The browser reports answers like 401 and 409 as errors; here they are what was asked for. */
const ANSWERS = /Failed to load resource.*\b(401|409)\b/;

/** A real Chromium, every window its own person, that remembers what it complained about. */
export class ABrowser {
  readonly complaints: string[] = [];

  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<ABrowser> {
    await mkdir(shots, { recursive: true });
    // In a single process one closed page takes the browser with it; and web security is what is tested here.
    const args = chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--disable-web-security');
    return new ABrowser(await playwright.launch({ args, executablePath: await chromium.executablePath(), headless: true }));
  }

  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      if (message.type() === 'error' && !ANSWERS.test(message.text())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    await page.goto(url);
    return page;
  }

  stop(): Promise<void> {
    return this.browser.close();
  }
}

/** For people to look at: `.signalbox/screenshots/<name>.png`. */
export const shoot = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(shots, `${name}.png`) });
};
