import { join, posix } from 'node:path'
import { PassThrough } from 'node:stream'
import { startKeeper } from '../keeper.ts'
import type { Job } from '../records.ts'
import type { Container } from './container.ts'
import { home, layOut } from './image-tree.ts'
import type { Ended, Program, Running } from './program.ts'
import { commandNames, runLine, type Desk } from './stand-in-commands.ts'
import { editedLines, plainLines } from './stand-in-lines.ts'
import { treeIn, type Tree } from './tree.ts'

/** What a user of it is told. */
export const about = `this machine allows no namespaces, so there is no real shell here, only: ${commandNames.join(' ')}`

/**
 * A container for where namespaces aren't allowed. A real shell would have all of the machine's files there, so what
 * answers is a stand-in that knows a few commands, runs no programs, and has only the job's own files.
 */
export function startStandIn(job: Job, jailed: boolean, hostname: string, more?: Readonly<Record<string, string>>): Container {
  const { folder, root } = layOut(job, jailed, more)
  const keeper = startKeeper(folder)
  const files = treeIn(join(folder, root))
  const running = new Set<Running>()
  return {
    isolation: 'stand-in',
    jailed,
    files,
    start(program) {
      const one = startOne(program, files, hostname)
      running.add(one)
      void one.ended.then(() => running.delete(one))
      return one
    },
    close() {
      for (const one of running) void one.signal('KILL')
      return keeper.end()
    },
  }
}

function startOne({ command, terminal }: Program, files: Tree, hostname: string): Running {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let stop = (_: Ended) => {}
  const stopped = new Promise<Ended>((done) => (stop = done))
  const shown = (text: string | Uint8Array) => (terminal && typeof text === 'string' ? text.replace(/\n/g, '\r\n') : text)
  const write = (to: PassThrough) => (text: string | Uint8Array) => new Promise<void>((done) => void to.write(shown(text), () => done()))
  const desk: Desk = { files, cwd: home, over: false, input: () => stdin, out: write(stdout), err: write(terminal ? stdout : stderr) }

  async function work(): Promise<number> {
    if (command !== undefined) return runLine(desk, command)
    const prompt = () => `[root@${hostname} ${desk.cwd === home ? '~' : posix.basename(desk.cwd) || '/'}]# `
    let code = 0
    for await (const line of terminal ? editedLines(stdin, stdout, prompt) : plainLines(stdin)) {
      code = await runLine(desk, line)
      if (desk.over) break
    }
    return code
  }
  const worked = work().then(
    (code): Ended => ({ code }),
    (): Ended => ({ code: 1 }),
  )
  return {
    stdin,
    stdout,
    stderr,
    ended: Promise.race([worked, stopped]).finally(() => {
      stdout.end()
      stderr.end()
    }),
    signal: async (name) => stop({ signal: `SIG${name}` as NodeJS.Signals }),
    resize: async () => {},
  }
}
