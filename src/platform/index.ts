export { AppError, messageOf } from './errors.js';
export { createLog } from './log.js';
export type { Log } from './log.js';
export { Lifecycle, withDeadline } from './component.js';
export type { Component } from './component.js';
export { Process, ProcessNotStarted, runProcess } from './process.js';
export type { ProcessExit } from './process.js';
