import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program, run, type Outcome, type Running } from './program.ts'

/** What a process of the program came to, and what it took. */
export interface Measured extends Outcome {
  /** Seconds of processor time. */
  readonly cpu: number
  /** The most memory that it had, in bytes. */
  readonly peak: number
}

// Resource usage would count the memory of who started it.
const probe = `
const { readFileSync, writeFileSync } = require('node:fs')
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const [, peak] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  writeFileSync(process.env.MEASURED, JSON.stringify({ cpu: (user + system) / 1e6, peak: peak * 1024 }))
})
`

/** Runs the built program in Node, and measures it. */
export async function measured(argv: readonly string[], { env, ...running }: Running): Promise<Measured> {
  const [script, figures] = ['probe.cjs', 'measured.json'].map((name) => join(running.cwd, name)) as [string, string]
  writeFileSync(script, probe)
  const command = [process.execPath, '--use-openssl-ca', '--require', script, program]
  const outcome = await run(argv, { limit: 600_000, ...running, env: { ...env, MEASURED: figures }, command })
  return { ...outcome, ...(JSON.parse(readFileSync(figures, 'utf8')) as Pick<Measured, 'cpu' | 'peak'>) }
}

export const MiB = 1024 * 1024
