import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { command } from './program.ts'

export interface RunningMock {
  url: string
  /** What it demands of whoever asks. */
  token: string
  /** Its URL with the token, to be configured. */
  hostname: string
  /** A ready-made CRAY_CONFIG_DIR. */
  configDir: string
  caFile: string | null
  kubeconfig: string
  tokenFile: string
  curlConfig: string
  pid: number
  /** As fetch, with its token: for a mock that serves plain HTTP. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  stop(): Promise<void>
}

/** Starts the mock as a process of its own. */
export async function startMock(
  options: readonly string[],
  env: Record<string, string> = {},
  line: readonly string[] = command,
): Promise<RunningMock> {
  const child = spawn(line[0]!, [...line.slice(1), 'mock', ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ready = await new Promise<Omit<RunningMock, 'token' | 'hostname' | 'fetch' | 'stop'>>((done, fail) => {
    let text = ''
    child.on('error', fail)
    child.on('exit', (code) => fail(new Error(`the mock ended with ${code}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('\n')) done(JSON.parse(text))
    })
  })
  const ended = new Promise((done) => child.once('exit', done))
  const token = readFileSync(ready.tokenFile, 'utf8').trim()
  return {
    ...ready,
    token,
    hostname: ready.url.replace('//', `//mock:${token}@`),
    fetch: (path, init = {}) =>
      fetch(`${ready.url}${path}`, { ...init, headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` } }),
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
