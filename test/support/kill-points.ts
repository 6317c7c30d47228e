import { expect } from 'vitest'
import { startWatchedSite, type Asked, type WatchedSite, type WatchedSiteOptions } from './watched-site.ts'
import type { LiveProgram } from './live-program.ts'
import type { Outcome } from './program.ts'

export type When = 'before' | 'after'

/** Kills a program (`kill -9`) when a request arrives: before it is handled, or before its answer is sent. */
export async function killAt(site: WatchedSite, step: string, when: When, argv: readonly string[]): Promise<Outcome> {
  let killed = false
  let program: LiveProgram | undefined
  const kill = async (asked: Asked) => {
    if (killed) return 'reset' as const
    if (asked.step !== step) return undefined
    killed = true
    program!.kill('SIGKILL')
    await program!.ended
    return 'reset' as const
  }
  site.intervene({ [when]: kill })
  program = site.start(...argv)
  const outcome = await program.ended
  site.intervene({})
  expect(outcome.exit).toBe('SIGKILL')
  return outcome
}

const uuid = /^[0-9a-f-]{36}\n$/

/** Kills a command at a step, goes on as its user is told to, and sees to it that all is right and nothing is there twice. */
export async function survives(
  options: WatchedSiteOptions,
  name: string,
  step: string,
  when: When,
  argv: readonly string[],
): Promise<void> {
  const site = await startWatchedSite(options)
  try {
    const first = await killAt(site, step, when, argv)
    const { jobs, images, publicKeys } = site.mock.state
    const [left] = [...jobs.values()].map((job) => ({ ...job }))
    const made = () => [...images.values()].filter((one) => one.name === name)
    let stdout: string
    if (!left && made().length > 0) {
      // All was done, and the id printed, but for the word of it.
      stdout = first.stdout
    } else {
      const again = await site.ims(...argv)
      if (left?.status === 'success') {
        // Its image has the name by now, and so the refusal says how to go on.
        expect(again).toMatchObject({ exit: 2, stdout: '' })
        const line = /\nNext: cray-ims (.*?)(?:, or .*)?\n/.exec(again.stderr)?.[1] ?? again.stderr
        expect(line).toBe(`${argv[0]} --resume ${left.id}`)
        stdout = (await finished(site, line.split(' '))).stdout
      } else {
        expect(again).toMatchObject({ exit: 0, stderr: left ? expect.stringContaining(`Resuming job ${left.id}, `) : expect.anything() })
        stdout = again.stdout
      }
    }
    expect(stdout).toMatch(uuid)
    expect(made().map(({ id }) => `${id}\n`)).toEqual([stdout])
    expect([...publicKeys.values()].map((key) => key.name)).toEqual(['jane public key'])
    expect([...jobs.values()]).toEqual([])
    expect(handled(site, 'POST jobs', step, when)).toBe(1)
  } finally {
    await site.close()
  }
}

async function finished(site: WatchedSite, argv: readonly string[]): Promise<Outcome> {
  const outcome = await site.ims(...argv)
  expect(outcome).toMatchObject({ exit: 0 })
  return outcome
}

/** How often a step was handled, where one that was killed before it wasn't. */
function handled({ asked }: WatchedSite, step: string, killed: string, when: When): number {
  return asked.filter((one) => one.step === step).length - Number(step === killed && when === 'before')
}
