// Browsers slow down the timers of pages in the background to one a minute, longer than the lease; a worker's they leave alone.
setInterval(() => self.postMessage('renew'), 15_000);
