import { Readable } from 'node:stream'
import { othersEnv } from '../terminal/others-env.ts'
import { kubectlErrorOf, KubectlError, kubectlTimeout } from './kubectl-error.ts'
import { startGuarded, type GuardedChild } from './guarded-child.ts'
import { readOutput } from './read-output.ts'

/** How long a call may take, and what else ends it. */
export interface CallLimits {
  /** Milliseconds. */
  limit?: number
  /** Ends the call; it rejects with the signal's reason. */
  signal?: AbortSignal
}

/** A call that goes on until it ends or is ended. */
export interface FollowingCall {
  readonly stdout: Readable
  /** Resolves when it ended well, or by `close`. @throws KubectlError */
  readonly ended: Promise<void>
  /** Ends it. */
  close(): void
}

/** The `kubectl` of the machine. */
export interface Kubectl {
  /**
   * What a call prints.
   * @throws KubectlError
   */
  read(args: readonly string[], limits?: CallLimits): Promise<string>
  /** Starts a call without a time limit. It is killed when this process ends. */
  follow(args: readonly string[]): FollowingCall
}

/** How long one call may take, in milliseconds. */
export const callLimit = 10_000

/**
 * The `kubectl` of a PATH, with the environment's `KUBECONFIG`. The first call tells whether it can be used: there
 * is nothing to ask before.
 */
export function createKubectl(env: Readonly<Record<string, string | undefined>>, { limit: usual = callLimit } = {}): Kubectl {
  // Its messages are told apart by their words.
  const ownEnv = { ...othersEnv(env), LC_ALL: 'C' }

  function follow(args: readonly string[]): FollowingCall {
    const child = started(args, ownEnv)
    let closed = false
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-longestStderr)))
    const ended = child.ended.then(
      (code) => {
        if (code !== 0 && !closed) throw kubectlErrorOf(code, stderr)
      },
      (cause: Error) => {
        throw new KubectlError('failed', cause.message, cause)
      },
    )
    // Whoever reads its output may look at this only later.
    ended.catch(() => {})
    return {
      stdout: child.stdout,
      ended,
      close() {
        closed = true
        child.kill()
      },
    }
  }

  async function read(args: readonly string[], { limit = usual, signal }: CallLimits = {}): Promise<string> {
    signal?.throwIfAborted()
    const call = follow(args)
    try {
      const { text } = await readOutput(call.stdout, call.ended, {
        limit,
        longest: longestOutput,
        signal,
        late: () => kubectlTimeout(limit),
        tooLong: () => new KubectlError('failed', `kubectl printed more than ${longestOutput / 2 ** 20} MiB`),
      })
      return text
    } finally {
      call.close()
    }
  }

  return { read, follow }
}

/** The longest output of a call that is read as a whole, in characters. */
const longestOutput = 2 ** 26

const longestStderr = 16_384

/** A record of a job may name what no command line can hold. */
function started(args: readonly string[], env: Readonly<Record<string, string | undefined>>): GuardedChild {
  try {
    return startGuarded(['kubectl', ...args], env)
  } catch (cause) {
    const nothing = Readable.from([])
    return { stdout: nothing, stderr: nothing, ended: Promise.reject(cause), kill() {} }
  }
}
