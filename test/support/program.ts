import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { noteHints } from './hint-notes.ts'

/** The program as it is built and installed. */
export const program = join(import.meta.dirname, '../../bin/cray-ims.js')

/** The executable for this machine, as it is packaged. */
export const executable = join(import.meta.dirname, `../../package/cray-ims-linux-${process.arch}`)

/** What starts the program, as its launcher does; `npm run test:executable` has all tests start the executable instead. */
export const command: readonly string[] = process.env.CRAY_IMS_TEST_EXECUTABLE
  ? [executable]
  : [process.execPath, '--use-openssl-ca', program]

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  exit: number | string
  stdout: string
  stderr: string
}

export interface Running {
  cwd: string
  env: Record<string, string>
  stdin?: string | Buffer
  /** Milliseconds after which it is killed; two minutes unless given. */
  limit?: number
  /** What to run in place of the built program. */
  command?: readonly string[]
}

/** Runs a whole program to its end. One that hangs is killed. */
export async function run(
  argv: readonly string[],
  { cwd, env, stdin, limit = 120_000, command: line = command }: Running,
): Promise<Outcome> {
  const child = spawn(line[0]!, [...line.slice(1), ...argv], { cwd, env, timeout: limit, killSignal: 'SIGKILL' })
  const texts = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  child.stdout.on('data', (chunk: Buffer) => texts.stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => texts.stderr.push(chunk))
  // A program that ends without reading its input closes the pipe.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin ?? '')
  const exit = await new Promise<number | string>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => done(code ?? signal!))
  })
  const outcome = { exit, stdout: Buffer.concat(texts.stdout).toString(), stderr: Buffer.concat(texts.stderr).toString() }
  noteHints(line[0] === 'bash' ? argv.join(' ') : argv, `${outcome.stdout}\n${outcome.stderr}`)
  return outcome
}
