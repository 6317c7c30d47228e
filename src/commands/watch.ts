import { CliError, usageError } from '../errors.ts'
import type { ViewOptions } from '../definitions/views.ts'
import type { ApiRequest } from '../ims/api.ts'
import { isUnavailable, isUnknownHost } from '../ims/availability.ts'
import { createTransientCheck, pollUntil } from '../jobs/poll.ts'
import type { Value } from '../json/value.ts'
import type { CommandContext } from '../context.ts'
import { createChangeLines } from './watch/change-lines.ts'
import { createRedrawing } from './watch/redrawing.ts'
import { createSelection } from './selection.ts'

/**
 * Shows a list or a record again and again, until it is interrupted or nobody reads it any more; a service that is away
 * is waited for.
 *
 * @returns 130 for Ctrl-C (129, 143 for other signals), 0 where the reader went away.
 * @throws CliError where there is nothing to show in the first place, and of a record that is gone.
 */
export async function watch(context: CommandContext, request: ApiRequest, options: ViewOptions & Record<string, unknown>): Promise<number> {
  const { io, global, command } = context
  if (global.query !== undefined) throw usageError('--watch shows whole records: it cannot be used with --query')
  const layout = await context.layout()
  const redraws = io.stdout.isTTY && global.format === 'table'
  const view = redraws ? createRedrawing(io, layout) : createChangeLines(context, layout)
  const api = await context.api({ held: true })
  const look = async (): Promise<Value[]> => {
    const answer = createSelection(command, options, io.now()).apply(await api.send(request))
    return Array.isArray(answer) ? answer : [answer ?? null]
  }
  const watching = {
    interval: (options.interval ?? 0) * 1000,
    progress: { update: view.note, log: view.note, stop() {} },
  }
  const shown = async (records: Value[]) => {
    await view.show(records)
    return io.stdout.closed ? 'closed' : undefined
  }
  try {
    const first = await pollUntil(context, watching, look, {
      enough: (records) => records,
      // A service that never answered under a name that nobody knows won't come back.
      passes: createTransientCheck((error) => isUnavailable(error) && !isUnknownHost(error)),
    })
    if ((await shown(first)) === 'closed') return 0
    await io.sleep(watching.interval, io.interrupted)
    await pollUntil(context, watching, look, { enough: shown })
    return 0
  } catch (error) {
    const reason: unknown = io.interrupted.reason
    if (!(reason instanceof CliError)) throw error
    // The terminal has shown ^C.
    if (io.stdout.isTTY) await io.stdout.write('\n')
    return reason.exit
  } finally {
    view.stop()
    await api.close()
  }
}
