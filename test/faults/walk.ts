import { spawn } from 'node:child_process'
import { command as program, type Outcome } from '../support/program.ts'
import { faultSeed, type FaultCommand } from './commands.ts'
import { heldBackFor, type MachineFault } from './machine-faults.ts'
import { cellOf, type Cell } from './outcome.ts'
import { startFaultSite, type Made, type ServerFault } from './site.ts'

/** What goes wrong with the server, or with the machine. */
export type Fault = ServerFault | MachineFault

/** How long a command may wait for a service that is away before its user presses Ctrl-C, in milliseconds. */
const patience = 2500

/**
 * Tries a command under a fault; without one, how it is. Where it waits for a service that is away, Ctrl-C ends it.
 *
 * @param usual what is on stdout without a fault.
 */
export async function tryCommand(made: Made, command: FaultCommand, fault?: Fault, usual?: string): Promise<Cell> {
  const { argv, strikes = /^$/, stdin = '', shells = false } = command
  const server = fault && 'times' in fault ? fault : undefined
  const machine = fault && !('times' in fault) ? fault : undefined
  const seed = { ...faultSeed, public_keys: faultSeed.public_keys!.map((key) => ({ ...key, public_key: made.keys['id_ed25519.pub']! })) }
  const answers: Promise<void>[] = []
  const site = await startFaultSite(made, { fault: server ?? (machine?.atRequest && heldBack(answers)), strikes, seed, shells })
  try {
    const undo = machine?.prepare?.(site)
    try {
      const before = { files: site.files(), records: site.records() }
      const env = { ...site.env, ...server?.env, ...machine?.env?.(site) }
      const words = [...program, ...argv.map((word) => (word === 'URL' ? site.url : word))]
      const line = machine?.around ? machine.around(words, site) : words
      const child = spawn(line[0]!, line.slice(1), { cwd: site.home, env, timeout: 60_000, killSignal: 'SIGKILL' })
      const send = (name: NodeJS.Signals) => void child.kill(name)
      if (machine?.atRequest) void site.firstStruck.then(() => machine.atRequest!(send))
      if (machine?.atOutput) {
        const once = onlyOnce(() => machine.atOutput!(send))
        for (const stream of [child.stdout!, child.stderr!]) stream.once('data', once)
      }
      const outcome = await endOf(child, stdin)
      // The service does what it was asked, also for somebody who is gone.
      await Promise.all(answers)
      return cellOf({ site, outcome, before, usual, most: command.looks ? 1 : 3 })
    } finally {
      undo?.()
    }
  } finally {
    await site.close()
  }
}

function onlyOnce(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}

/** Answers that come a while later, and are noted. */
const heldBack = (answers: Promise<void>[]): ServerFault => ({
  times: Infinity,
  act({ serve, send }) {
    const answered = new Promise((later) => setTimeout(later, heldBackFor)).then(async () => send(await serve()))
    answers.push(answered.catch(() => {}))
    return answered
  },
})

async function endOf(child: ReturnType<typeof spawn>, stdin: string): Promise<Outcome> {
  let [stdout, stderr] = ['', '']
  let interrupt: NodeJS.Timeout | undefined
  child.stdout!.on('data', (chunk: Buffer) => void (stdout += chunk))
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk
    if (waits(stderr)) interrupt ??= setTimeout(() => child.kill('SIGINT'), patience)
    else {
      clearTimeout(interrupt)
      interrupt = undefined
    }
  })
  child.stdin!.on('error', () => {})
  child.stdin!.end(stdin)
  const exit = await new Promise<number | string>((done, fail) =>
    child.on('error', fail).on('close', (code, signal) => done(code ?? signal!)),
  )
  clearTimeout(interrupt)
  return { exit, stdout, stderr }
}

/** Whether a command waits for a service that is away, or for what it may have created: for itself, or for one of its images. */
function waits(stderr: string): boolean {
  const waiting = new Map<string, string>()
  for (const line of stderr.split('\n')) {
    const [, of = '', what = ''] = /^(first: |second: )?(.*)$/.exec(line)!
    if (/(looking again|trying again)$/.test(what) && !waiting.has(of)) waiting.set(of, 'service')
    else if (what.endsWith('looking for it')) waiting.set(of, 'record')
    else if (/^job /i.test(what) || (what === 'the service is back' && waiting.get(of) === 'service')) waiting.delete(of)
  }
  return waiting.size > 0
}
