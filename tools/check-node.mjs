// First line of every command: plain JavaScript, so that an old Node can say what is wrong.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Signalbox runs on Node 24, which it brings along; this is ${process.version}. Run the command as an npm script (for example 'npm start') after: npm ci`,
  );
  process.exit(1);
}
