/** The part of ml-svm 2.1 that the oracle uses; the package has no types of its own. */
declare module 'ml-svm' {
  export default class SVM {
    constructor(options: { C: number; tol: number; whitening: boolean; random: () => number });
    train(features: number[][], labels: number[]): void;
    margin(features: number[][]): number[];
  }
}
