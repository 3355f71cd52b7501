export { freePorts } from './free-ports.js';
export { Stack, type SeenEvent, type StackOptions } from './stack.js';
export { removeInfrastructure, startInfrastructure, type Infrastructure } from './infrastructure.js';
