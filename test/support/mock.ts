import { spawn } from 'node:child_process'
import { program } from './program.ts'

export interface RunningMock {
  url: string
  /** A ready-made CRAY_CONFIG_DIR. */
  configDir: string
  caFile: string | null
  kubeconfig: string
  stop(): Promise<void>
}

/** Starts the mock as a process of its own. */
export async function startMock(options: readonly string[], env: Record<string, string> = {}, command: readonly string[] = [process.execPath, program]): Promise<RunningMock> {
  const child = spawn(command[0]!, [...command.slice(1), 'mock', ...options], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await new Promise<Omit<RunningMock, 'stop'>>((done, fail) => {
    let text = ''
    child.on('error', fail)
    child.on('exit', (code) => fail(new Error(`the mock ended with ${code}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('\n')) done(JSON.parse(text))
    })
  })
  const ended = new Promise((done) => child.once('exit', done))
  return {
    ...ready,
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
