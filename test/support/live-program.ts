import { spawn } from 'node:child_process'
import { noteHints } from './hint-notes.ts'
import { command, type Outcome, type Running } from './program.ts'

/** A whole program that runs. */
export interface LiveProgram {
  /** Resolves when its output, of either stream, holds a text, so many times. */
  says(text: string, times?: number): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** How it ended. One that hangs for a minute is killed. */
  readonly ended: Promise<Outcome>
}

/** Starts the built program, without input. */
export function startProgram(argv: readonly string[], { cwd, env, command: line = command }: Running): LiveProgram {
  const child = spawn(line[0]!, [...line.slice(1), ...argv], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let [stdout, stderr] = ['', '']
  let check = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    check()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    check()
  })
  const ended = new Promise<Outcome>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => {
      noteHints(argv, `${stdout}\n${stderr}`)
      done({ exit: code ?? signal!, stdout, stderr })
    })
  })
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    says(text, times = 1) {
      const said = () => stdout.split(text).length + stderr.split(text).length > times + 1
      return new Promise((done, fail) => {
        check = () => said() && done()
        check()
        void ended.then(() => fail(new Error(`it ended without saying ${text}:\n${stdout}${stderr}`)), fail)
      })
    },
  }
}
