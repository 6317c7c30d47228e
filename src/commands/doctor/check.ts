import type { CommandContext } from '../../context.ts'
import type { PublicKey } from '../../ims/records.ts'
import { CliError, type NextStep } from '../../errors.ts'

/** What a check has found. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly said: string
  /** What to type where something is missing. */
  readonly next?: NextStep
}

/** What several checks look at, asked for once. */
export interface Shared {
  /** The service's public keys. */
  publicKeys(): Promise<readonly PublicKey[]>
}

/** One thing that commands need. */
export interface Check {
  readonly name: string
  /** Without it no command works. */
  readonly needed?: true
  /** Names of checks without which it says nothing. */
  readonly after?: readonly string[]
  /** @throws CliError that says what is missing. */
  readonly run: (context: CommandContext, shared: Shared) => Promise<Finding>
}

/** Makes a check: what it throws is its finding, but for an interruption. */
export async function findingOf({ run, needed }: Check, context: CommandContext, shared: Shared): Promise<Finding> {
  try {
    return await run(context, shared)
  } catch (error) {
    if (!(error instanceof CliError) || context.io.interrupted.aborted) throw error
    const said = [error.message, ...error.more.map((line) => line.trim())].join('; ')
    return { state: needed ? 'failed' : 'warning', said, next: error.next }
  }
}
