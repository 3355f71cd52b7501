export default async function stop() {
  await globalThis.signalboxTestInfrastructure?.stop();
}
