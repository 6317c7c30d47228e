import { PassThrough } from 'node:stream'
import { expect } from 'vitest'
import { followLogs } from '../../src/kubernetes/follow-logs.ts'
import { KubectlError } from '../../src/kubernetes/kubectl-error.ts'
import type { Kubectl } from '../../src/kubernetes/kubectl.ts'
import { createLineText } from '../../src/kubernetes/line-text.ts'
import { longestPiece } from '../../src/text/line-splitter.ts'
import { ended, job, list, pod, running } from '../support/pods.ts'
import type { RandomInput } from '../support/random-input.ts'
import { testRandomly } from '../support/random-test.ts'

interface Written {
  readonly time: string
  readonly text: string
}

/** What a container writes in a few seconds: many lines at one moment, and some that are the same. */
function logOf({ below, pick }: RandomInput, long: boolean): Written[] {
  let [second, nanosecond] = [0, 0]
  const lines = Array.from({ length: 1 + below(20) }, () => {
    second += pick([0, 0, 0, 1])
    nanosecond = Math.min(nanosecond + pick([0, 0, 1, 1000]), 999_999_999)
    const time = `2026-01-02T03:04:${String(second).padStart(2, '0')}.${String(nanosecond).padStart(9, '0')}Z`
    return { time, text: pick(['same', '', ' ', 'é 日本 😀', '2026-01-02T03:04:05Z x', `${below(10)}`]) }
  })
  if (long) lines.splice(below(lines.length), 0, { time: lines[0]!.time, text: pick(['a', '日']).repeat(longestPiece + below(100)) })
  return lines.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))
}

const bytesOf = (lines: readonly Written[], last = '\n') =>
  Buffer.from(lines.map(({ time, text }) => `${time} ${text}`).join('\n') + (lines.length > 0 ? last : ''))

/** A cluster whose streams of a log break anywhere, and in all ways, until the container has ended. */
function breakingCluster(random: RandomInput, log: readonly Written[], last: string): Kubectl {
  const { below, pick, pieces } = random
  let breaks = below(6)
  let looks = 0
  let refusals = 2
  const hasEnded = () => breaks <= 0
  return {
    async read() {
      // A cluster that is away at the first look is told at once.
      if (looks++ > 0 && below(5) === 0) throw new KubectlError('unreachable', 'no answer')
      return list(pod({ sshd: hasEnded() ? ended(0) : running }, { phase: hasEnded() ? 'Succeeded' : 'Running' }))
    },
    follow(args) {
      // The server counts in whole seconds.
      const since = /^--since-time=(.*)\./.exec(args.find((word) => word.startsWith('--since-time')) ?? '')?.[1] ?? ''
      const rest = bytesOf(
        log.filter(({ time }) => time.slice(0, since.length) >= since),
        last,
      )
      const isWhole = hasEnded()
      const shown = isWhole ? rest : rest.subarray(0, below(rest.length + 1))
      const ending = isWhole ? 'well' : pick(['well', 'lost', refusals-- > 0 ? 'failed' : 'lost'])
      breaks--
      const stdout = new PassThrough()
      for (const piece of shown.length > 10_000 ? [shown] : pieces(shown)) stdout.write(piece)
      stdout.end()
      const over =
        ending === 'well' ? Promise.resolve() : Promise.reject(new KubectlError(ending === 'lost' ? 'unreachable' : 'failed', 'x'))
      over.catch(() => {})
      return { stdout, ended: over, close() {} }
    },
  }
}

async function check(random: RandomInput, long: boolean): Promise<void> {
  const log = logOf(random, long)
  const last = random.pick(['\n', '\n', ''])
  const textOf = createLineText(({ time }) => `${time} `)
  const following = { jobEnded: () => new Promise<boolean>(() => {}), interval: 1, sleep: async () => {} }
  let shown = ''
  for await (const line of followLogs(breakingCluster(random, log, last), job, following)) shown += textOf(line)
  expect(shown.split('\n').map(abbreviated)).toEqual(bytesOf(log).toString().split('\n').map(abbreviated))
}

const abbreviated = (line: string) => (line.length > 1000 ? `${line.slice(0, 50)}… (${line.length})` : line)

testRandomly('a log that is followed has each line once, wherever its streams break', { all: 20_000, nth: 20 }, (random) =>
  check(random, false),
)

testRandomly('so has one with a line that comes in pieces', { all: 100, nth: 10 }, (random) => check(random, true))
