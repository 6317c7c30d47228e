import { test } from 'vitest'
import { randomInput, type RandomInput } from './random-input.ts'
import { sampledCount } from './sampled.ts'

// Another seed and another number of rounds, by `npm run test:random`.
const { CRAY_IMS_RANDOM_SEED: given = '3', CRAY_IMS_RANDOM_COUNT: counted } = process.env

/** How many rounds `npm run test:random` does where a test says nothing else. */
const usual = 20_000

/** What random input is made by; the same one gives the same input. */
export const seed = given === 'fresh' ? Date.now() : Number(given)

/** How often something random is tried. */
export interface Rounds {
  /** By `npm run test:random`, with its usual count. */
  readonly all: number
  /** Of which each nth is enough elsewhere. */
  readonly nth: number
}

export const roundsOf = ({ all, nth }: Rounds): number =>
  counted === undefined ? sampledCount(all, nth) : Math.ceil((all / usual) * Number(counted))

/** The longest that a round may take, in milliseconds. */
const longest = 30_000

async function inTime(work: () => unknown): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, fail) => {
    late = setTimeout(() => fail(new Error(`it hangs: nothing came of it in ${longest / 1000} s`)), longest)
  })
  await Promise.race([work(), hang]).finally(() => clearTimeout(late))
}

/**
 * Tries something with random input, again and again. Its name says how often, and by which seed.
 *
 * @param round throws for what is wrong.
 */
export function testRandomly(name: string, rounds: Rounds, round: (random: RandomInput, at: number) => unknown): void {
  const count = roundsOf(rounds)
  test(`${name}: ${count} rounds of seed ${seed}`, { timeout: 240_000 + count * 20 }, async () => {
    const random = randomInput(seed)
    for (let at = 0; at < count; at++) {
      try {
        await inTime(() => round(random, at))
      } catch (cause) {
        throw new Error(`round ${at} of SEED=${seed}`, { cause })
      }
    }
  })
}
