import type { CommandContext, Globals } from '../context.ts'
import { isRecordFormat } from '../definitions/formats.ts'
import { requireHostname, type Configuration } from '../config/configuration.ts'
import { CliError } from '../errors.ts'
import { absolutePath } from '../files/path.ts'
import type { AuthorizationOptions } from '../ims/authorization.ts'
import type { HttpOptions } from '../ims/api.ts'
import type { ViewOptions } from '../definitions/views.ts'
import type { Query } from '../render/query.ts'
import type { Io } from '../terminal/io.ts'
import type { StatusLine } from '../terminal/progress.ts'
import { createQuestions } from '../terminal/question.ts'
import { printable, printableLines } from '../text/printable.ts'
import { commandLine, nextLine, type ProgramName } from './command-line.ts'
import type { GlobalOptions } from './globals.ts'
import type { Parsed } from './parser.ts'
import { unverifiedServer } from './unverified.ts'
import { settingText } from './values.ts'

/** An answer is shown to be waited for after so many milliseconds. */
const longWait = 3000

/** What a command's context is put together from. */
interface Setup {
  readonly io: Io
  /** The name that the program was called by. */
  readonly program: ProgramName
  readonly version: string
  readonly parsed: Parsed
  readonly global: GlobalOptions & Globals
  configuration(): Configuration
  readonly query: Query | undefined
  readonly view: ViewOptions
  /** It follows an interruption: what was warned of before isn't said again. */
  readonly again?: boolean
}

/** Puts together what a command runs with. Nothing is connected, read or loaded before it is asked for. */
export function createContext(setup: Setup): CommandContext {
  const { io, program, version, parsed, global, configuration, query, view, again = false } = setup
  const status: StatusLine = {}
  const warn = (line: string) => {
    if (status.waiting) status.waiting.log(line)
    else void io.stderr.write(`${printable(line)}\n`)
  }
  const log = (level: number, line: string) => {
    if (global.verbose >= level && !global.quiet) warn(line)
  }
  const unverified = unverifiedServer(parsed.flags.insecure !== undefined, again ? () => {} : warn)
  function waiting(host: string): () => void {
    const began = io.monotonic()
    const over = new AbortController()
    const timer = setTimeout(() => {
      if (!io.stderr.isTTY) return
      // A request must not fail because nobody can be shown how long it takes.
      import('../terminal/waiting.ts').then(({ showWaiting }) => showWaiting(io, status, host, began, over.signal)).catch(() => {})
    }, longWait)
    return () => {
      clearTimeout(timer)
      over.abort()
    }
  }
  const network = ({ held = false, signal = undefined as AbortSignal | undefined } = {}): HttpOptions & { version: string } => ({
    env: io.env,
    version,
    insecure: global.insecure,
    unverified,
    caFile: global.ca_file && absolutePath(global.ca_file, io),
    connectTimeout: global.connect_timeout,
    requestTimeout: global.request_timeout,
    retries: held ? 0 : global.retries,
    keepAlive: held,
    warn,
    log,
    // Who holds connections shows by itself what goes on.
    waiting: held || global.quiet ? undefined : waiting,
    now: io.now,
    sleep: io.sleep,
    signal: signal ?? io.interrupted,
  })
  const context: CommandContext = {
    io,
    commandLine: (...words) => commandLine(program, words),
    nextLine: (next) => nextLine(program, next),
    command: parsed.command,
    global,
    configuration,
    warn,
    log,
    questions: createQuestions(io),
    afterInterruption() {
      const next = Object.create(io, { interrupted: { value: io.nextInterruption() } }) as Io
      return createContext({ ...setup, io: next, again: true })
    },
    async transport() {
      const { createTransport } = await import('../ims/api.ts')
      return createTransport(network())
    },
    async api(how) {
      const used = configuration()
      const hostname = requireHostname(used)
      const [{ connect, createTransport }, { authorization, tokenInWords }] = await Promise.all([
        import('../ims/api.ts'),
        import('../ims/authorization.ts'),
      ])
      const settings = network(how)
      const transport = createTransport(settings)
      const given: AuthorizationOptions = {
        env: io.env,
        configuration: used,
        tokenFile: global.token,
        get cwd() {
          return io.cwd
        },
        transport,
        now: io.now,
        sleep: io.sleep,
        log,
        signal: settings.signal,
        // Mirrored commands say nothing outside a terminal when they succeed.
        caution: (line) => void (io.stderr.isTTY && warn(line)),
      }
      return connect({
        ...settings,
        hostname,
        tenant: tenantOf(used),
        transport,
        authorization: authorization(given),
        secret: tokenInWords(given),
      })
    },
    async store(endpoint) {
      const [{ connectStore }, { createTransport }] = await Promise.all([import('../s3/connect.ts'), import('../ims/api.ts')])
      const http = createTransport(network({ held: true }))
      return connectStore({ http, api: () => context.api(), endpoint, now: io.now, sleep: io.sleep, signal: io.interrupted })
    },
    async listPrinter(keeps = () => true) {
      // Of the whole answer a query is asked, the third -v tells the size, and a terminal shows only what is printable.
      if (query || global.verbose > 2 || io.stdout.isTTY) return undefined
      const { bufferOutput, listWriter } = await import('../render/render.ts')
      const openList = await listWriter(global.format)
      if (!openList) return undefined
      return () => {
        const { write, blocks } = bufferOutput()
        const { add, end } = openList(write)
        return {
          add: (item) => !keeps(item) || add(item),
          async print() {
            end()
            write('\n')
            for (const block of blocks()) await io.stdout.write(block)
            return 0
          },
        }
      }
    },
    async progress(plain) {
      const { createProgress } = await import('../terminal/progress.ts')
      return createProgress(io, global.quiet, plain, status)
    },
    async layout() {
      return (await import('./layout.ts')).createLayout(io, parsed.command, global.format, view)
    },
    async print(value) {
      const { format, formatTyped: typed } = global
      const { isShown, renderResult } = await import('../render/render.ts')
      const layout = isRecordFormat(format) ? await context.layout() : undefined
      let left = Promise.resolve()
      const write = (text: string) => {
        left = io.stdout.write(io.stdout.isTTY && !isShown(format) ? printableLines(text) : text)
      }
      if (query) {
        const { printFound, runQuery } = await import('../render/query.ts')
        const found = runQuery(query, value ?? null)
        if (found === null) {
          const { nearestPath } = await import('../render/query-nearest.ts')
          if (!global.quiet) warn(`--query '${query.expression}' found nothing: ${nearestPath(query.expression, value ?? null)}`)
          return 4
        }
        await printFound(found, { format, typed, layout, write, show: io.stdout.isTTY ? printable : undefined })
      } else await renderResult(value, format, write, layout)
      // What was written last has left last.
      await left
      return 0
    },
  }
  return context
}

/**
 * The tenant that requests are made for.
 *
 * @throws CliError for one that is a list or a table.
 */
export function tenantOf({ core, path }: Configuration): string | undefined {
  if (core.tenant === undefined) return undefined
  const tenant = settingText(core.tenant)
  if (tenant !== undefined) return tenant
  throw new CliError(`${path}: the tenant is a list or a table, which cannot be sent`, { next: ['config', 'unset', 'core.tenant'] })
}
