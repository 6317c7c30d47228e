/** Whether every case is tried, as for `npm run release`. */
export const isAll = process.env.CRAY_IMS_EVERY_CASE === '1'

/**
 * Each nth of cases that are much alike; all where `CRAY_IMS_EVERY_CASE` is 1, as for `npm run release`.
 *
 * @param from the first one that is taken.
 */
export function sampled<Case>(cases: readonly Case[], nth: number, from = 0): Case[] {
  return isAll ? [...cases] : cases.filter((_, at) => at % nth === from % nth)
}

/** The nth part of a number of random values or rounds; all of them likewise. */
export const sampledCount = (count: number, nth: number): number => (isAll ? count : Math.ceil(count / nth))
