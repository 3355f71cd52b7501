import type { Draft } from '@signalbox/contracts';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { ABrowser } from './a-browser.js';
import { DESK_COMPANY } from './desk-company.js';
import { TheConsole, tokenFor } from './the-console.js';
import { morning } from './the-desk.js';
import { caused } from './the-story.js';

/** What the page has sent is on the topic a moment later. */
export async function seen<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The page as it was built, in a browser, on a console with a company at work. */
export class ThePage {
  private constructor(
    readonly console: TheConsole,
    readonly browser: ABrowser,
    readonly admin: string,
  ) {}

  static async open(): Promise<ThePage> {
    const console_ = await TheConsole.start();
    const admin = await tokenFor('the-first-admin', 'admin');
    await console_.call('POST', '/configuration', admin, { documents: DESK_COMPANY });
    const page = new ThePage(console_, await ABrowser.start(), admin);
    await page.twice(...morning());
    return page;
  }
  async close(): Promise<void> {
    await this.browser.stop();
    await this.console.stop();
  }

  /** To be asked after each test: what the browser complained about is forgotten by it. */
  hasNoComplaints(): void {
    expect(this.browser.complaints.splice(0)).toEqual([]);
  }

  async twice(...events: Draft[]): Promise<void> {
    await this.console.stack.publish(...events, ...events);
    await this.console.stack.settled();
  }

  async signIn(agentId: string, options?: BrowserContextOptions): Promise<Page> {
    const { url } = (await this.console.call('POST', '/sign-in-links', this.admin, { agentId })).body as { url: string };
    return this.browser.open(this.console.service.http + url, options);
  }

  /** Does something on the page that sends a request, and answers it as assignment would. */
  async answered(page: Page, act: () => Promise<void>, answer: () => Draft | readonly Draft[]): Promise<void> {
    const sent = page.waitForResponse((response) => response.request().method() === 'POST');
    await act();
    const { requestId } = (await (await sent).json()) as { requestId: string };
    await this.twice(...[answer()].flat().map((draft) => caused(requestId, draft)));
    // Until the page knows, it sends no other request about the same ticket.
    await page.getByText(/: sending…$/).waitFor({ state: 'detached' });
  }
}
