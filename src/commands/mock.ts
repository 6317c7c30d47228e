import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import { CliError, usageError } from '../errors.ts'
import { withLock, type Held } from '../files/lock.ts'
import { absolutePath } from '../files/path.ts'
import { readTextFile } from '../files/read-file.ts'
import { targetOf } from '../files/target.ts'
import { replaceFile } from '../files/write-file.ts'
import { makeRunToken } from '../mock/access.ts'
import { makeConfigFolder, type ConfigFolder } from '../mock/config-folder.ts'
import { parseFault } from '../mock/faults.ts'
import { wallClock, type Speed } from '../mock/job-clock.ts'
import { createKubernetes } from '../mock/kubernetes/kubernetes.ts'
import { jobsViewOf } from '../mock/kubernetes/jobs-view.ts'
import { createMock } from '../mock/library.ts'
import { keptFolder } from '../mock/s3/folder.ts'
import { readSeedFile } from '../mock/seed-file.ts'
import { serveMock } from '../mock/serve.ts'
import { createDoors } from '../mock/ssh/doors.ts'
import { createShells } from '../mock/ssh/shells.ts'
import { keepState, loadState } from '../mock/state-file.ts'
import { makeCertificates } from '../mock/tls.ts'
import type { Io } from '../terminal/io.ts'
import type { CommandContext } from '../context.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import type { mockOptions } from '../definitions/mock.ts'

type MockOptions = InferOptions<typeof mockOptions>

/**
 * `mock`: serves an IMS of one's own, around a command or until it is asked to end.
 * @returns the command's exit code, 128 + n when signal n ended it; otherwise 0
 */
export async function run({ io }: Pick<CommandContext, 'io'>, options: MockOptions, args: { command?: string[] }): Promise<number> {
  if (options.state === undefined) return serve(io, options, args)
  const busy = (who: string) => `${options.state}: ${who} keeps its records there`
  return withLock(absolutePath(options.state, io), (held) => serve(io, options, args, held), { patience: 0, busy })
}

/** @param held the lock of its state, where that is kept. */
async function serve(io: Io, options: MockOptions, args: { command?: string[] }, held?: Held): Promise<number> {
  const { port = 0 } = options
  if (args.command?.[0] === '') throw usageError("Invalid value for 'COMMAND': the command is empty (unset variable?).")
  const names = (options.server_name ?? []).map(parseName)
  const speed = parseSpeed(options.speed)
  const faults = options.fault?.map(parseFault)
  const path = (given: string | undefined) => (given === undefined ? undefined : absolutePath(given, io))
  const [stateFile, seedFile, readyFile] = [path(options.state), path(options.seed), path(options.ready_file)]
  const kept = stateFile === undefined ? undefined : loadState(stateFile)
  const seed = kept ?? (seedFile === undefined ? undefined : readSeedFile(seedFile))

  // Listened to from here on: whoever reads that it is ready may end it at once.
  const asked = io.interrupted
  const token = makeRunToken()
  const doors = createDoors()
  const temporary = keptFolder()
  const mock = createMock({
    seed,
    speed,
    failBuilds: options.fail_builds,
    builds: options.builds,
    serial: options.serial,
    faults,
    holdPort: doors.hold,
    objects: stateFile === undefined ? temporary.path : `${stateFile}.objects`,
    keepObjects: stateFile !== undefined,
    credentialsLast: options.credentials_last,
    token,
  })
  const undo: (() => unknown)[] = [temporary.remove, mock.close, doors.close]
  try {
    if (held) {
      const save = (text: string) => {
        held.check()
        replaceFile(held.target, text)
      }
      undo.push(keepState(mock.state, save, (error) => void io.stderr.write(`Warning: ${(error as Error).message}\n`)))
    }
    const shells = await createShells(mock, doors)
    undo.push(shells.close)
    const kubernetes = createKubernetes({
      jobs: jobsViewOf(mock),
      clock: wallClock,
      speed: speed === 'step' ? 1 : speed,
      token,
      entries: shells,
    })
    undo.push(kubernetes.close)
    const certificates = options.tls ? await makeCertificates(names) : undefined
    const server = await serveMock(mock, { port, certificates, kubernetes, token, names })
    undo.push(server.close)
    const folder = makeConfigFolder({ url: server.url, ca: certificates?.ca, token })
    undo.push(folder.remove)

    const { path: configDir, caFile = null, kubeconfig, tokenFile, curlConfig } = folder
    const ready = `${JSON.stringify({ url: server.url, configDir, caFile, kubeconfig, tokenFile, curlConfig, pid })}\n`
    const command = args.command ?? []
    if (readyFile !== undefined) {
      replaceFile(readyFile, ready)
      undo.push(() => removeOwn(readyFile, ready))
    } else if (command.length === 0) await io.stdout.write(ready)
    return command.length > 0 ? await runCommand(io, command, folder, asked) : await untilAsked(asked)
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

function parseName(text: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/i.test(text)) return text.toLowerCase()
  throw usageError(`Invalid value for '--server-name': ${JSON.stringify(text)} is not a host name.`, {
    next: ['mock', '--tls', '--server-name', 'api-gw-service-nmn.local'],
  })
}

function parseSpeed(text: string | undefined): Speed {
  if (text === undefined || text === 'step') return text ?? 1
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed > 0) return speed
  throw usageError(`Invalid value for '--speed': ${JSON.stringify(text)} is neither a number above 0 nor step.`, {
    next: ['mock', '--speed', '100'],
  })
}

/** Removes a ready file, unless it is another mock's by now. */
function removeOwn(path: string, text: string): void {
  if (readTextFile(path, 'configuration') === text) rmSync(targetOf(path), { force: true })
}

// Being asked to end is how it ends: no failure.
function untilAsked(asked: AbortSignal): Promise<number> {
  return new Promise((end) => {
    if (asked.aborted) end(0)
    else asked.addEventListener('abort', () => end(0), { once: true })
  })
}

function runCommand(io: Io, [file = '', ...rest]: string[], folder: ConfigFolder, asked: AbortSignal): Promise<number> {
  return new Promise((end, fail) => {
    const child = spawn(file, rest, { stdio: 'inherit', cwd: io.cwd, env: environment(io.env, folder) })
    const forward = () => {
      const number = (asked.reason as CliError).exit - 128
      // A terminal sends Ctrl-C to both of us.
      if (number !== constants.signals.SIGINT || !io.stdin.isTTY) child.kill(number)
    }
    if (asked.aborted) forward()
    asked.addEventListener('abort', forward, { once: true })
    const settle = (done: () => void) => {
      asked.removeEventListener('abort', forward)
      done()
    }
    child.once('error', (cause: NodeJS.ErrnoException) => settle(() => fail(cantRun(file, cause))))
    child.once('exit', (code, signal) => settle(() => end(code ?? 128 + constants.signals[signal!])))
  })
}

// Whatever would make the command talk to another system, or through something else, is taken away.
function environment(env: Io['env'], folder: ConfigFolder): Record<string, string | undefined> {
  const { CRAY_CONFIG: _, CRAY_CREDENTIALS: __, ...rest } = env
  const direct = (name: string) => [rest[name], '127.0.0.1', 'localhost'].filter(Boolean).join(',')
  return {
    ...rest,
    CRAY_CONFIG_DIR: folder.path,
    KUBECONFIG: folder.kubeconfig,
    KUBECACHEDIR: join(folder.path, 'kube-cache'),
    ...(folder.caFile !== undefined && { CRAY_IMS_CA_FILE: folder.caFile }),
    NO_PROXY: direct('NO_PROXY'),
    no_proxy: direct('no_proxy'),
  }
}

function cantRun(file: string, cause: NodeJS.ErrnoException): CliError {
  const missing = cause.code === 'ENOENT'
  return new CliError(`Can't run ${file}: ${missing ? 'there is no such command' : cause.message}`, {
    exit: missing ? 127 : 126,
    cause,
  })
}
