import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { limit } from '../limit.mjs'

/** @typedef {{ wall: number, cpu: number, peak: number }} Sample what a process took: milliseconds, of a processor, too, and MiB */
/** @typedef {{ name: string, argv: string[], env: NodeJS.ProcessEnv }} Line */

/**
 * What runs a command line and measures it, in a process of its own.
 *
 * @param {string} folder where the lines run.
 * @param {NodeJS.ProcessEnv} env
 */
export function startMeasurer(folder, env) {
  const child = spawn('python3', ['-IS', join(import.meta.dirname, 'measure.py')], { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    /**
     * @param {Line} line
     * @returns {Promise<Sample>}
     * @throws Error where it fails, or takes too long.
     */
    async measure({ argv, env }) {
      child.stdin.write(`${JSON.stringify({ argv, env, limit: limit.timeout / 1000 })}\n`)
      const answer = await answers.next()
      if (answer.done) throw new Error('python3, which measures, has ended')
      const { failure, ...sample } = JSON.parse(answer.value)
      if (failure) throw new Error(`${argv.join(' ')}: ${failure}`)
      return sample
    },
    async stop() {
      child.stdin.end()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/**
 * Measures all lines in each round, in turn, so that a machine that changes its pace does so for all; whoever is first in
 * one round is last in the next. A first round isn't counted.
 *
 * @param {(line: Line) => Promise<Sample>} measure
 * @param {readonly Line[]} lines
 * @param {number} rounds
 * @returns {Promise<Map<string, Sample[]>>} of each line by its name, in the order of rounds.
 */
export async function takeTurns(measure, lines, rounds) {
  const samples = new Map(lines.map(({ name }) => [name, /** @type {Sample[]} */ ([])]))
  for (let round = -1; round < rounds; round++)
    for (let turn = 0; turn < lines.length; turn++) {
      const line = lines[(turn + round + 1) % lines.length]
      const sample = await measure(line)
      if (round >= 0) samples.get(line.name)?.push(sample)
    }
  return samples
}
