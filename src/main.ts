import { basename } from 'node:path'
import { version } from '../package.json'
import { loadHandler } from './cli/handlers.ts'
import { createContext } from './cli/create-context.ts'
import type { ProgramName } from './cli/command-line.ts'
import { errorText } from './cli/error-text.ts'
import { formatFor } from './cli/formats.ts'
import { readGlobals } from './cli/globals.ts'
import { usage } from './cli/help-terms.ts'
import { readOptions } from './cli/options.ts'
import { parse, type Parsed, type Program } from './cli/parser.ts'
import type { Reading } from './cli/values.ts'
import { asksForHelp, route, type Route } from './cli/route.ts'
import { readConfiguration, type Configuration } from './config/configuration.ts'
import { aborted, CliError } from './errors.ts'
import { ims, site } from './definitions/tree.ts'
import { defectText, guardExit } from './terminal/exit-guard.ts'
import type { Io } from './terminal/io.ts'
import { processIo } from './terminal/process-io.ts'
import { printable } from './text/printable.ts'

/**
 * Runs one command line. Never throws.
 *
 * @param env the environment as the user set it.
 * @param file path of the program itself.
 * @returns the exit code, once all that was written has left.
 */
export async function main(of: NodeJS.Process, env?: NodeJS.ProcessEnv, file?: string): Promise<number> {
  const finished = guardExit(of)
  const io = processIo(of, env, file)
  const asCray = basename(of.argv[1] ?? '') === 'cray'
  let told: unknown
  const tell: Tell = (error, usageLine) => report(io, asCray ? 'cray' : 'cray-ims', (told = error), usageLine)
  const code = await runLine(of, io, asCray, tell)
  const lost = await io.written()
  // Output that is cut off is no success, also where nobody waited for it; who waited may have said more than that.
  const outcome = lost && !(told instanceof CliError && told.cause === lost.cause) ? await tell(lost, '') : code
  finished()
  return outcome
}

/** The word with which the scripts of shells ask for what can come next: not a command, so that nothing names it. */
const completing = '__complete'

/** Tells of an error on stderr; the exit code that it deserves. */
type Tell = (error: unknown, usageLine: string) => Promise<number>

async function runLine(of: NodeJS.Process, io: Io, asCray: boolean, tell: Tell): Promise<number> {
  const argv = of.argv.slice(2)
  try {
    if (asCray) {
      const { delegateToOtherCray } = await import('./cli/other-cray.ts')
      const code = await delegateToOtherCray(of, io, argv)
      if (code !== undefined) return code
    }
  } catch (error) {
    return tell(error, 'cray COMMAND')
  }
  if (argv[0] === completing && !asCray) return (await import('./cli/completion.ts')).complete(io, argv.slice(1), version)
  const program = asCray ? crayProgram(io) : ownProgram(io)
  const found = route(argv, program.commands)
  try {
    const parsed = parse({ ...program, heading: await headingStyle(io, found) }, found)
    if ('help' in parsed) {
      await io.stdout.write(parsed.help)
      return 0
    }
    return (await run(io, program, parsed)) ?? 0
  } catch (error) {
    return tell(interrupted(error, found) ?? error, usage([program.name, ...found.path.map((row) => row.name)], found.path.at(-1)))
  }
}

/** How help that is asked for in a terminal marks its headings. */
async function headingStyle(io: Io, found: Route): Promise<((text: string) => string) | undefined> {
  if (!io.stdout.isTTY || !asksForHelp(found)) return undefined
  const { coloursFor } = await import('./terminal/colours.ts')
  return (await coloursFor(io, io.stdout)).bold
}

const about = 'The Image Management Service (IMS): recipes, images, the jobs that build them, and the shells of those jobs.'

function ownProgram(io: Io): Program {
  const commands = [...ims.commands, ims, ...site]
  return { name: 'cray-ims', about, version, commands, unlisted: new Set([ims]), columns: () => io.stdout.columns }
}

function crayProgram(io: Io): Program {
  return { name: 'cray', about, version, commands: [ims, ...site], columns: () => io.stdout.columns }
}

async function run(io: Io, program: Program, given: Parsed): Promise<number | void> {
  // What a command is called in environment and configuration doesn't depend on how it was typed.
  const parsed = ims.commands.some((row) => row.name === given.words[0]) ? { ...given, words: ['ims', ...given.words] } : given
  const { command } = parsed
  let known: Configuration | undefined
  const configuration = () => (known ??= readConfiguration(io.env, parsed.flags.configuration as string | undefined))
  const settings = command.request ? configuration() : present(configuration)
  const reading: Reading & { readonly isTerminal: boolean } = {
    get cwd() {
      return io.cwd
    },
    warn: (line) => void io.stderr.write(`${printable(line)}\n`),
    get terminal() {
      return io.stderr.isTTY
    },
    get isTerminal() {
      return io.stdout.isTTY
    },
  }
  const globals = readGlobals(parsed, io.env, settings, reading)
  const table = settings?.inexact
    ? (await import('./config/document.ts')).exactTable(settings, parsed.words)
    : settings?.table(parsed.words)
  const options = readOptions(parsed, { env: io.env, table, path: settings?.path }, reading)
  const global = { ...globals, format: formatFor(parsed, options, globals) }
  const query = global.query === undefined ? undefined : (await import('./render/query.ts')).compileQuery(global.query)
  const context = createContext({ io, program: program.name, version, parsed, global, configuration, query, view: options })
  const { run: handle } = await loadHandler(parsed.words[0] === 'ims' ? parsed.words.slice(1) : parsed.words, command)
  return handle(context, options, parsed.arguments as Record<string, string>)
}

/** The configuration, where there is one that can be read. */
function present(configuration: () => Configuration): Configuration | undefined {
  try {
    return configuration()
  } catch {
    return undefined
  }
}

/** A command of the original that Ctrl-C ends says so in the original's words. */
function interrupted(error: unknown, { path }: Route): CliError | undefined {
  const row = path.at(-1)
  return error instanceof CliError && error.exit === 130 && row && 'request' in row ? aborted() : undefined
}

async function report(io: Io, program: ProgramName, error: unknown, usageLine: string): Promise<number> {
  if (error instanceof CliError) {
    const trace = io.env.CRAY_IMS_DEBUG === '1' ? `${error.stack}\n` : ''
    await io.stderr.write((await paintedError(io, errorText(error, program, usageLine))) + trace)
    return error.exit
  }
  await io.stderr.write(`${defectText(error, io.env)}\n`)
  return 2
}

/** Its first words in colour, in a terminal. */
async function paintedError(io: Io, text: string): Promise<string> {
  if (!io.stderr.isTTY) return text
  const { coloursFor } = await import('./terminal/colours.ts')
  const { red, bold } = await coloursFor(io, io.stderr)
  return text.replace(/^Error:/m, (word) => bold(red(word))).replace(/^Next:/m, (word) => bold(word))
}
