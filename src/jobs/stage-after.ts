import type { CommandContext } from '../context.ts'
import type { Api } from '../ims/api.ts'
import { stageOf, type Stage } from '../ims/job-status.ts'
import { isGone } from '../ims/server-error.ts'
import { describeJob } from './lookup.ts'

/** How often a job is read after its connection was lost: its container ends before the record says so. */
const looks = 3

/**
 * How far a job is that waited on its user, and may go on by now, or be gone.
 *
 * @param interval seconds between looks.
 */
export async function stageAfter(
  { io }: CommandContext,
  look: () => Promise<Stage | 'gone'>,
  { lost, interval }: { lost: boolean; interval: number },
): Promise<Stage | 'gone'> {
  for (let left = lost ? looks : 1; ; left--) {
    const stage = await look()
    if (stage !== 'waiting' || left === 1) return stage
    await io.sleep(interval * 1000, io.interrupted)
  }
}

/**
 * How far a job is, or that it is gone.
 *
 * @throws what other than its absence keeps it from being seen.
 */
export function lookAtStage(api: Api, id: string): Promise<Stage | 'gone'> {
  return describeJob(api, id).then(stageOf, (error: unknown) => {
    if (isGone(error)) return 'gone'
    throw error
  })
}
