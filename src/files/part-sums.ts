import { Worker } from 'node:worker_threads'

/** The md5 sums of a file's parts, which are found out on another processor. */
export interface PartSums {
  /** In base64, in order; undefined where the file couldn't be read. */
  readonly sums: Promise<readonly string[] | undefined>
  stop(): void
}

// As a text: it has to run where our code is one file, and where it is part of the executable.
const program = `
const { createHash } = require('node:crypto')
const { openSync, readSync } = require('node:fs')
const { parentPort, workerData: { path, size } } = require('node:worker_threads')
const piece = Buffer.allocUnsafe(Math.min(size, 1024 * 1024))
const file = openSync(path)
const sums = []
for (let read = 1; read > 0;) {
  const hash = createHash('md5')
  let left = size
  while (left > 0 && (read = readSync(file, piece, 0, Math.min(left, piece.length))) > 0) {
    hash.update(piece.subarray(0, read))
    left -= read
  }
  if (left < size) sums.push(hash.digest('base64'))
}
parentPort.postMessage(sums)
`

/**
 * Begins to sum up a file's parts.
 *
 * @param size of a part, in bytes; the last may be smaller.
 */
export function partSums(path: string, size: number): PartSums {
  const worker = new Worker(program, { eval: true, workerData: { path, size }, env: {}, execArgv: [], stderr: true })
  const sums = new Promise<readonly string[] | undefined>((done) => {
    worker
      .once('message', done)
      // Whoever reads the file for itself says why it can't be read.
      .once('error', () => done(undefined))
      .once('exit', () => done(undefined))
  })
  return { sums, stop: () => void worker.terminate() }
}
