import { posix, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { readTextFile } from '../../config/text-file.ts'
import { Failure, usageFailure } from '../../errors.ts'
import { placesOf } from '../../ims/job-outlook.ts'
import type { Job, SshContainer } from '../../ims/records.ts'
import { chooseContainer } from '../../ssh/addresses.ts'
import { runCommand } from '../../ssh/command.ts'
import { exitCode, type Ending } from '../../ssh/ending.ts'
import type { Session } from '../../ssh/session.ts'
import { shellWords } from '../../text/shell-words.ts'
import { uploadFile } from '../../ssh/upload.ts'
import { shortId } from '../job/reference.ts'
import { openJob, say } from '../job/release.ts'
import type { Making } from './making.ts'
import type { ImageOrder } from './order.ts'
import { outlast } from './outlast.ts'
import { forShells } from './shell.ts'

/** What is run in an image root. */
export type Script = { readonly command: string } | { readonly content: string; readonly shown: string }

/**
 * What an order runs in the image root; undefined where that is done by hand.
 *
 * @param cwd folder that the script's path starts from.
 * @throws Failure where the script can't be read or is empty.
 */
export function readScript(cwd: string, { script, run }: Pick<ImageOrder, 'script' | 'run'>): Script | undefined {
  if (run !== undefined) {
    if (run.trim() === '') throw usageFailure("Invalid value for '--run': an empty text is no command.")
    return { command: run }
  }
  if (script === undefined) return undefined
  const content = readTextFile(resolve(cwd, script))
  if (content === undefined) throw new Failure(`${script}: no such file`)
  if (content.trim() === '') throw new Failure(`${script} is empty`)
  return { content, shown: script }
}

/**
 * Runs a script or command in the image root of a customize job that waits, with its output on stderr, and tells the job
 * to go on where it ends with 0; else the job waits on.
 *
 * @throws Failure with exit 255 where the job can't be reached.
 */
export async function runScript(making: Making, job: Job, script: Script): Promise<Ending> {
  return inSession(making, job, async (session, container) => {
    const root = placesOf(job, container.jail).imageRoot!
    // The same for every try, so that one that was cut off leaves nothing behind.
    const inside = `/tmp/cray-ims-${job.id}`
    const outside = posix.join(root, inside)
    const here = async (...words: string[]) => runHere(making, session, shellWords(words))
    const inRoot = container.jail ? [] : ['chroot', root]
    if ('command' in script) {
      making.progress.line(`Job ${shortId(job.id)} runs: ${script.command}`)
    } else {
      await uploadFile(session, outside, script.content)
      making.progress.line(`Job ${shortId(job.id)} runs ${script.shown}`)
    }
    making.progress.stop()
    // Through a shell, which also runs a script that names no interpreter.
    const ending = await here(...inRoot, '/bin/sh', '-c', 'command' in script ? script.command : inside)
    if ('content' in script) await here('rm', '-f', outside).catch(() => {})
    if (exitCode(ending) !== 0) return ending
    return say(session, job, container, 'complete').then(() => ending, (failure: unknown) => {
      const lost = session.lost()
      if (lost === undefined) throw failure
      return { lost }
    })
  })
}

/** Tells a customize job that waits to end without a result. */
export function giveUp(making: Making, job: Job): Promise<void> {
  return inSession(making, job, (session, container) => say(session, job, container, 'failed'))
}

/** How a script ended, in words. */
export function endingText(ending: Ending): string {
  return 'lost' in ending ? `lost its connection: ${ending.lost}` : `ended with ${ending.code}`
}

async function inSession<R>(making: Making, job: Job, work: (session: Session, container: SshContainer) => Promise<R>): Promise<R> {
  const { api, attending, progress } = making
  const container = chooseContainer(job)
  const session = await outlast(making, () => openJob(forShells(making.app), api, job, container, attending, progress), job)
  try {
    return await work(session, container)
  } finally {
    await session.close()
  }
}

function runHere({ app: { io } }: Making, session: Session, command: string): Promise<Ending> {
  const nothing: typeof io.stdin = Readable.from([])
  return runCommand(session, command, { stdin: nothing, stdout: io.stderr, stderr: io.stderr }, io.interrupted)
}
