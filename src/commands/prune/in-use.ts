import type { CommandContext } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { isUuid } from '../../ims/names.ts'
import { readJson } from '../../json/read.ts'
import { isNumber, type NumberText, type Value } from '../../json/value.ts'
import { writeJson } from '../../json/write.ts'
import { startGuarded } from '../../kubernetes/guarded-child.ts'
import { readOutput } from '../../kubernetes/read-output.ts'
import { findOtherCray, handedOver } from '../../terminal/find-cray.ts'
import { excerpt } from '../../text/printable.ts'
import { pastedWords } from '../../text/shell-words.ts'
import { formatDuration } from '../../time/time-span.ts'

/** Services that name the images that nodes boot. */
export type BootService = 'bos' | 'bss'

/** Why an image is in use, by its id; undefined for one that isn't. */
export type InUse = (id: string) => string | undefined

interface Asked {
  /** What lists all that the service knows. */
  readonly words: readonly string[]
  /** The same for a `cray` that doesn't know these. */
  readonly before?: readonly string[]
  /** What one entry of the list is called. */
  named(entry: Value): string
}

const services: Readonly<Record<BootService, Asked>> = {
  bos: {
    words: ['bos', 'v2', 'sessiontemplates', 'list'],
    before: ['bos', 'sessiontemplate', 'list'],
    named(entry) {
      const [name] = textsAt(entry, 'name')
      return name === undefined ? 'a BOS session template' : `BOS session template ${name}`
    },
  },
  bss: {
    words: ['bss', 'bootparameters', 'list'],
    named(entry) {
      const [first, ...others] = ['hosts', 'macs', 'nids'].flatMap((key) => textsAt(entry, key))
      return `BSS boot parameters${first === undefined ? '' : ` of ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`}`
    },
  },
}

/** How long `cray` may take for a list, in milliseconds, and how many characters it may have. */
const usual = { limit: 120_000, longest: 2 ** 26 }

/**
 * What tells which images services name, by the machine's own `cray`; it asks each time that it is called.
 *
 * @throws CliError where there is no other `cray`, and where it would be shown only a part of what there is.
 */
export function createInUse(context: CommandContext, asked: readonly BootService[], limits = usual): () => Promise<InUse> {
  const cray = findOtherCray(context.io)
  if (cray === undefined)
    throw new CliError('--in-use asks `cray`, and there is none on PATH', {
      more: ['`cray` is this program, or is missing. Nothing was deleted.'],
      next: 'which -a cray',
    })
  refuseTenant(context, asked)
  return async () => {
    const uses: InUse[] = []
    for (const service of new Set(asked)) uses.push(usesIn(await listAll(context, cray, services[service], limits), services[service]))
    return (id) => uses.map((why) => why(id)).find((why) => why !== undefined)
  }
}

/** @throws CliError where `cray` asks for a tenant: BOS then shows its session templates alone, and IMS all images. */
function refuseTenant({ configuration }: CommandContext, asked: readonly BootService[]): void {
  const { core, path } = configuration()
  if (!asked.includes('bos') || core.tenant === undefined || core.tenant === '') return
  throw new CliError(`${path} names a tenant: BOS would show the session templates of that tenant alone`, {
    more: ['Nothing was deleted.'],
    next: ['config', 'get', 'core.tenant'],
  })
}

const uuids = /(?=([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}))/g

/** What entries name, wherever it stands in them: in a path, in kernel parameters. */
function usesIn(entries: readonly Value[], { named }: Asked): InUse {
  const texts = entries.map((entry) => writeJson(entry).toLowerCase())
  const firsts = new Map<string, number>()
  for (const [at, text] of texts.entries()) for (const [, id] of text.matchAll(uuids)) if (!firsts.has(id!)) firsts.set(id!, at)
  return (reference) => {
    const id = reference.toLowerCase()
    const at = isUuid(id) ? firsts.get(id) : texts.findIndex((text) => text.includes(id))
    const entry = at === undefined ? undefined : entries[at]
    return entry === undefined ? undefined : `named by ${named(entry)}`
  }
}

/** @throws CliError where the answer isn't certainly all that there is. */
async function listAll(context: CommandContext, cray: string, { words, before }: Asked, limits: typeof usual): Promise<Value[]> {
  const progress = await context.progress()
  try {
    if (progress.isInteractive) progress.update(`asking cray ${words[0]!}`)
    const answer = await call(context, cray, words, limits)
    // Who doesn't know a command has asked nobody.
    const unknown = answer.code === 2 && /No such command/.test(answer.stderr)
    return listIn(before && unknown ? await call(context, cray, before, limits) : answer)
  } finally {
    progress.stop()
  }
}

/** How a call ended. */
interface Answer {
  readonly line: string
  readonly code: number
  readonly text: string
  /** The end of it. */
  readonly stderr: string
}

function listIn({ line, code, text, stderr }: Answer): Value[] {
  if (code !== 0) throw useless(line, `exit code ${code}`, stderr)
  if (text.trim() === '') throw useless(line, 'it printed nothing', stderr)
  let value: Value
  try {
    value = readJson(text)
  } catch {
    throw useless(line, 'what it printed is not JSON', stderr)
  }
  if (!Array.isArray(value)) throw useless(line, 'what it printed is not a list', stderr)
  return value
}

/** @param stderr what it said itself. */
function useless(line: string, why: string, stderr = ''): CliError {
  const said = stderr
    .trim()
    .split('\n')
    .slice(-mostLines)
    .map((one) => excerpt(one))
    .filter((one) => one !== '')
  return new CliError(`${line}: ${why}`, {
    more: [...said.map((one) => `  ${one}`), 'Nothing was deleted: what is in use is not known.'],
    next: line,
  })
}

const mostLines = 5
const longestStderr = 4096

/** Calls `cray` with the user's configuration and token, and ends it at a limit. */
async function call(context: CommandContext, cray: string, words: readonly string[], { limit, longest }: typeof usual): Promise<Answer> {
  const { configuration, token } = context.global
  const args = [...words, '--format', 'json']
  if (configuration) args.push('--configuration', configuration)
  if (token) args.push('--token', token)
  const line = pastedWords(['cray', ...args])
  const child = startGuarded([cray, ...args], environment(context))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (stderr = (stderr + more).slice(-longestStderr)))
  try {
    const { text, ended: code } = await readOutput(child.stdout, child.ended, {
      limit,
      longest,
      signal: context.io.interrupted,
      late: () => useless(line, `no answer within ${formatDuration(limit)}`, stderr),
      tooLong: () => useless(line, `it printed more than ${longest / 2 ** 20} MiB`),
    })
    return { line, code, text, stderr }
  } finally {
    child.kill()
  }
}

/** Variables that would choose among what is listed are left out. */
function environment({ io }: CommandContext): Record<string, string | undefined> {
  const kept = Object.entries(io.env).filter(([name]) => !/^CRAY_(BOS|BSS)_/.test(name))
  return { ...Object.fromEntries(kept), [handedOver]: '1' }
}

function textsAt(entry: Value, key: string): string[] {
  const found = entry instanceof Map ? entry.get(key) : undefined
  return (Array.isArray(found) ? found : [found]).flatMap((one) => {
    const text = typeof one === 'string' ? one : isNumber(one ?? null) ? (one as NumberText).number : ''
    return text === '' ? [] : [excerpt(text, 60)]
  })
}
