// Browsers slow down the timers of pages in the background to one a minute, longer than the lease; a worker's they leave alone.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker speaks to its own page alone
setInterval(() => self.postMessage('renew'), 15_000);
