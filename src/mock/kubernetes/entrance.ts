import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { shellWord } from '../../text/shell-words.ts'
import type { Job } from '../records.ts'
import type { Program, Running } from '../ssh/program.ts'
import { notFound, rawText, refused } from './answers.ts'
import { execProtocols, parseExecQuery, serveExec } from './exec.ts'
import { forwardProtocols, serveForward } from './forward.ts'
import type { Run } from './runs.ts'
import { acceptWebSocket, offeredProtocol } from './websocket.ts'

/** What of the pods of jobs can be entered. */
export interface Entries {
  /** Starts a program in the container of a job's shell; undefined where there is none now. */
  start(jobId: string, program: Pick<Program, 'command' | 'terminal'>): Promise<Running | undefined>
}

/** What of a pod is to be entered: `exec` or `portforward`. */
export interface Entry {
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly part: string | undefined
  readonly query: URLSearchParams
}

/** What an entrance needs to know of the pods. */
export interface Pods {
  jobOf(namespace: string | undefined, name: string | undefined): Job | undefined
  runsOf(job: Job): Run[]
  phaseOf(job: Job): string
  /** Without these nothing can be started. */
  readonly entries: Entries | undefined
}

const protocols: Readonly<Record<string, readonly string[]>> = { exec: execProtocols, portforward: forwardProtocols }

/** Lets clients into the pods of jobs that wait for their users. */
export function createEntrance({ jobOf, runsOf, phaseOf, entries }: Pods) {
  /** Why a pod can't be entered now; undefined where it can. */
  function refusal({ namespace, name = '', part, query }: Entry): Response | undefined {
    const job = jobOf(namespace, name)
    if (!job) return notFound('pods', name)
    const container = query.get('container')
    const all = runsOf(job)
    const one = part === 'portforward' ? all.at(-1)! : all.find((run) => run.name === (container ?? 'buildenv-sidecar'))
    if (!one) return refused(400, 'BadRequest', `container ${container} is not valid for pod ${name}`)
    if (one.start !== undefined && one.end === undefined) return undefined
    const why =
      part === 'portforward'
        ? `unable to forward port because pod is not running. Current status=${phaseOf(job)}`
        : `unable to upgrade connection: container not found ("${one.name}")`
    return refused(500, 'InternalError', why)
  }

  async function upgrade(entry: Entry, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { namespace, name, part = '', query } = entry
    const protocol = offeredProtocol(request, protocols[part] ?? [])
    if (protocol === undefined) {
      const why = 'unable to upgrade: that takes a WebSocket with a protocol of exec or port-forward'
      return void socket.end(await rawText(refused(400, 'BadRequest', why)))
    }
    const cant = refusal(entry)
    if (cant) return void socket.end(await rawText(cant))
    const job = jobOf(namespace, name)!
    if (part === 'portforward') {
      const { sshPort } = job.mock ?? {}
      return serveForward(acceptWebSocket(request, socket, head, protocol), (port) => (port === 22 ? sshPort : undefined))
    }
    const asked = parseExecQuery(query)
    const command = asked.command.map(shellWord).join(' ')
    const running = await entries?.start(job.id, { command, terminal: asked.terminal })
    if (!running) return void socket.end(await rawText(refused(500, 'InternalError', 'the mock has no container for this pod')))
    return serveExec(acceptWebSocket(request, socket, head, protocol), running, asked)
  }

  return { refusal, upgrade }
}
