export { Stack, type SeenEvent, type StackOptions } from './stack.js';
export { startInfrastructure, type Infrastructure } from './infrastructure.js';
