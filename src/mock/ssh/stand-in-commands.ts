import { closeSync, constants, createReadStream, futimesSync, lstatSync, openSync, readdirSync, unlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { longName } from './file-entry.ts'
import { home } from './image-tree.ts'
import { reasonOf } from './reason.ts'
import type { Tree } from './tree.ts'

/** What a line is run with. */
export interface Desk {
  readonly files: Tree
  /** The folder that it is in. */
  cwd: string
  /** `exit` was asked for. */
  over: boolean
  input(): AsyncIterable<Uint8Array>
  out(text: string | Uint8Array): Promise<void>
  err(text: string): Promise<void>
}

type Command = (desk: Desk, words: string[]) => Promise<number>

const commands: Readonly<Record<string, Command>> = {
  cat: (desk, words) =>
    each(desk, 'cat', words.length > 0 ? words : ['-'], async (path) => {
      for await (const chunk of path === '-' ? desk.input() : bytesOf(desk, path)) await desk.out(chunk)
    }),
  async cd(desk, [to = home]) {
    const path = posix.resolve(desk.cwd, to)
    return each(desk, 'cd', [to], async () => {
      if (!statOf(desk, path).isDirectory()) throw new Error('not a directory')
      desk.cwd = path
    })
  },
  async echo(desk, words) {
    await desk.out(`${words.join(' ')}\n`)
    return 0
  },
  async exit(desk, [code = '0']) {
    desk.over = true
    return Number(code) & 255
  },
  ls: (desk, words) => {
    const flags = words.filter((word) => /^-[1aAl]+$/.test(word)).join('')
    const paths = words.filter((word) => !/^-[1aAl]+$/.test(word))
    return each(desk, 'ls', paths.length > 0 ? paths : ['.'], async (path) => {
      const found = find(desk, path)
      try {
        const all = lstatSync(found.path).isDirectory() ? readdirSync(found.path).sort() : undefined
        const shown = all?.filter((name) => /[aA]/.test(flags) || !name.startsWith('.')) ?? [path]
        const line = (name: string) => (flags.includes('l') ? longName(name, lstatSync(all ? `${found.path}/${name}` : found.path)) : name)
        const head = paths.length > 1 && all ? `${path}:\n` : ''
        await desk.out(head + shown.map((name) => `${line(name)}\n`).join(''))
      } finally {
        found.release()
      }
    })
  },
  async pwd(desk) {
    await desk.out(`${desk.cwd}\n`)
    return 0
  },
  rm: (desk, words) => {
    const force = words[0] === '-f'
    return each(desk, 'rm', force ? words.slice(1) : words, async (path) => {
      if (!force || exists(desk, path)) at(desk, path, unlinkSync, false)
    })
  },
  async tail(desk, words) {
    const [, count = '10'] = /^-(?:n ?)?(\d+)(?= |$)/.exec(words.join(' ')) ?? []
    const paths = words.filter((word, index) => !/^-(n?\d+|n)$/.test(word) && words[index - 1] !== '-n')
    return each(desk, 'tail', paths.length > 0 ? paths : ['-'], async (path) => {
      let kept = ''
      for await (const chunk of path === '-' ? desk.input() : bytesOf(desk, path)) {
        const lines = (kept + Buffer.from(chunk).toString('latin1')).split(/(?<=\n)/)
        kept = lines.slice(-(Number(count) || lines.length)).join('')
      }
      if (count !== '0') await desk.out(Buffer.from(kept, 'latin1'))
    })
  },
  async test(desk, [what = '', path = '', ...more]) {
    if (!/^-[edfs]$/.test(what) || more.length > 0) return says(desk, 'test', 'only -e, -d, -f and -s are here', 2)
    if (!exists(desk, path)) return 1
    const stat = statOf(desk, path)
    return ({ '-e': true, '-d': stat.isDirectory(), '-f': stat.isFile(), '-s': stat.size > 0 }[what] as boolean) ? 0 : 1
  },
  touch: (desk, words) =>
    each(desk, 'touch', words[0] === '--' ? words.slice(1) : words, async (path) => {
      const now = new Date()
      at(desk, path, (real) => {
        const file = openSync(real, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o644)
        futimesSync(file, now, now)
        closeSync(file)
      })
    }),
  true: async () => 0,
}

/** All that there is. */
export const commandNames: readonly string[] = Object.keys(commands)

/** Runs a line: commands with words, quoted or not, between `;`, `&&` and `||`. Resolves to its exit code. */
export async function runLine(desk: Desk, line: string): Promise<number> {
  const parts = partsOf(line)
  if (!parts) return says(desk, line.trim(), 'this takes a real shell, and here is none', 2)
  let code = 0
  let skip = false
  let words: string[] = []
  for (const part of [...parts, ';']) {
    if (typeof part !== 'string') {
      words.push(part.word)
      continue
    }
    if (words.length > 0 && !skip && !desk.over) code = await runOne(desk, words)
    words = []
    skip = part === '&&' ? code !== 0 : part === '||' ? code === 0 : false
  }
  return code
}

async function runOne(desk: Desk, [name = '', ...words]: string[]): Promise<number> {
  if (Object.hasOwn(commands, name)) return commands[name]!(desk, words)
  return says(desk, name, `there is no real shell here, only: ${commandNames.join(' ')}`, 127)
}

/** Words and what stands between commands; undefined where there is more in a line. */
function partsOf(line: string): (string | { word: string })[] | undefined {
  const parts: (string | { word: string })[] = []
  const next = /[ \t]+|(&&|\|\||[;\n])|((?:[^\s;&|<>()$`*?[\]{}'"\\#~!]|'[^']*'|"[^"$`\\]*"|\\[^\n])+)/y
  while (next.lastIndex < line.length) {
    const [, between, word] = next.exec(line) ?? [undefined]
    if (next.lastIndex === 0) return undefined
    if (between) parts.push(between === '\n' ? ';' : between)
    else if (word)
      parts.push({
        word: word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, one?: string, two?: string, three?: string) => one ?? two ?? three ?? ''),
      })
  }
  return parts
}

async function says(desk: Desk, what: string, why: string, code: number): Promise<number> {
  await desk.err(`${what}: ${why}\n`)
  return code
}

/** Does something for each path, and says of which it couldn't. */
async function each(desk: Desk, name: string, paths: readonly string[], work: (path: string) => Promise<void>): Promise<number> {
  let code = 0
  for (const path of paths) {
    await work(path).catch(async (error: unknown) => {
      code = await says(desk, `${name}: ${path}`, reasonOf(error), 1)
    })
  }
  return code
}

const find = ({ files, cwd }: Desk, path: string, follow = true) => files.find(posix.resolve(cwd, path), follow)
const exists = ({ files, cwd }: Desk, path: string) => files.exists(posix.resolve(cwd, path))

function at<R>(desk: Desk, path: string, work: (real: string) => R, follow = true): R {
  const found = find(desk, path, follow)
  try {
    return work(found.path)
  } finally {
    found.release()
  }
}

const statOf = (desk: Desk, path: string) => at(desk, path, (real) => lstatSync(real))

async function* bytesOf(desk: Desk, path: string): AsyncGenerator<Uint8Array> {
  const file = at(desk, path, (real) => openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
  yield* createReadStream('', { fd: file }) as AsyncIterable<Buffer>
}
