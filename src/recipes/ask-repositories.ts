import type { CommandContext } from '../context.ts'
import { shownUrl } from '../http/shown-url.ts'
import { RequestError } from '../http/request-error.ts'
import type { HttpResponse, Transport } from '../http/transport.ts'

/** So many repositories are asked at a time. */
const atOnce = 4

/** How often one may lead to another server. */
const mostRedirects = 5

/**
 * Asks repositories for what a job's wait-for-repos asks them for.
 *
 * @returns why those that don't have it haven't, a line each.
 */
export async function askRepositories(context: CommandContext, repositories: readonly string[]): Promise<string[]> {
  const transport = await context.transport()
  const progress = await context.progress()
  const left = [...new Set(repositories)]
  const found = new Map<string, string>()
  const askNext = async () => {
    for (let url = left.shift(); url !== undefined; url = left.shift()) {
      if (progress.isInteractive) progress.update(`asking ${url}`)
      const why = await problemWith(transport, url, context.io.interrupted)
      if (why !== undefined) found.set(url, why)
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, askNext))
  } finally {
    progress.stop()
  }
  return repositories.flatMap((url) => found.get(url) ?? [])
}

async function problemWith(transport: Transport, url: string, signal: AbortSignal): Promise<string | undefined> {
  const address = `${url.replace(/\/+$/, '')}/repodata/repomd.xml`
  if (!URL.canParse(address)) return `repository ${url} is not an address`
  const asked = new URL(address)
  try {
    const { status, reason } = await head(transport, asked)
    return status >= 200 && status < 300 ? undefined : `${shownUrl(asked)} answers ${status} ${reason}`.trimEnd()
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error
    return `${shownUrl(asked)} does not answer: ${error.message}`
  }
}

/** Nothing secret goes along, so that a redirect may lead to another server, as jobs let it. */
async function head(transport: Transport, url: URL, again = 0): Promise<HttpResponse> {
  try {
    return await transport({ method: 'HEAD', url, headers: {} })
  } catch (error) {
    const refusal = error instanceof RequestError ? error.refusal : undefined
    if (refusal?.kind !== 'redirect' || refusal.reason !== 'other-origin' || !refusal.target || again >= mostRedirects) throw error
    return head(transport, refusal.target, again + 1)
  }
}
