import type { ChalkInstance } from 'chalk'
import type { Io, Output } from './io.ts'

/** Colours for what a terminal shows; plain elsewhere, and where NO_COLOR is set. */
export async function coloursFor({ env }: Pick<Io, 'env'>, output: Output): Promise<ChalkInstance> {
  const { Chalk } = await import('chalk')
  return new Chalk({ level: output.isTTY && !env.NO_COLOR ? 1 : 0 })
}
