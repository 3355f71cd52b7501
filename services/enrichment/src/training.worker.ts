import { parentPort, workerData } from 'node:worker_threads';
import { trainClassifier, type Example } from './domain/classifier.js';
import { serialiseModel } from './domain/model.js';

parentPort!.postMessage(serialiseModel(trainClassifier(workerData as Example[])), []);
