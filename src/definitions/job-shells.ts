import type { InferOptions } from './infer-options.ts'
import { inGroup } from './option-groups.ts'
import type { ArgumentDefinition, CommandDefinition, OptionDefinition } from './definition.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import { jobs } from './records.ts'

const job: ArgumentDefinition = {
  name: 'JOB',
  help: 'Its id, the unique beginning of it (4 characters or more), or the name of the image that it makes',
  record: jobs,
}

const unfinishedJob: ArgumentDefinition = { ...job, unfinished: true }

export const interval = {
  flag: '--interval',
  type: 'duration',
  placeholder: 'TIME',
  default: '5s',
  min: 0.01,
  help: 'Polling interval',
} as const satisfies OptionDefinition

const container = {
  flag: '--container',
  short: '-c',
  type: 'text',
  placeholder: 'NAME',
  complete: 'ssh container',
  group: 'connection',
  help: 'SSH container; the only one by default, or debug',
} as const satisfies OptionDefinition

/** How a job's shell is reached. */
export const reaching = [
  {
    flag: '--access',
    type: 'choice',
    group: 'connection',
    choices: ['auto', 'customer', 'cluster', 'port-forward'],
    default: 'auto',
    resume: 'shell',
    help: 'How to connect: the address outside the cluster, the one inside, or through kubectl',
  },
  {
    flag: '--identity',
    short: '-i',
    type: 'path',
    group: 'connection',
    placeholder: 'FILE',
    resume: 'shell',
    help: 'Private key; by default the one among yours that the job wants',
  },
  {
    flag: '--host-key',
    type: 'choice',
    group: 'connection',
    choices: ['accept-new', 'verify'],
    default: 'accept-new',
    resume: 'shell',
    help: "Whether a host key that can't be compared with the container's own is accepted",
  },
] as const satisfies readonly OptionDefinition[]

export const debugOptions = [
  container,
  ...reaching,
  {
    flag: '--on-exit',
    type: 'choice',
    group: 'job',
    choices: ['save', 'discard', 'later', 'delete'],
    formerly: { complete: 'save', fail: 'discard', keep: 'later' },
    exclusive: ['--print-command', '--ssh-config'],
    help: 'When the shell ends: save the image, discard it, decide later or delete the job; asked in a terminal, else later, as after COMMAND',
  },
  { flag: '--tty', short: '-t', type: 'flag', group: 'connection', help: 'Give COMMAND a terminal' },
  {
    flag: '--timeout',
    type: 'duration',
    placeholder: 'TIME',
    group: 'job',
    help: 'Longest wait for the shell; without end in a terminal, else 1h',
  },
  ...inGroup('job', [interval]),
  { flag: '--print-command', type: 'flag', exclusive: ['--ssh-config'], help: 'Print the ssh line that does the same' },
  {
    flag: '--ssh-config',
    type: 'flag',
    exclusive: ['COMMAND'],
    help: 'Print a Host block, for scp, sftp, rsync and ansible',
  },
  { flag: '--openssh', type: 'flag', group: 'connection', exclusive: ['--print-command', '--ssh-config'], help: "Use the system's ssh" },
] as const satisfies readonly OptionDefinition[]

/** What `jobs debug` is given; `interval` and `timeout` in seconds. */
export type DebugOptions = InferOptions<typeof debugOptions>

export const releaseOptions = [
  container,
  ...reaching,
  { flag: '--no-wait', type: 'flag', exclusive: ['--timeout'], help: 'Do not wait for the outcome' },
  { flag: '--timeout', type: 'duration', placeholder: 'TIME', default: '4h', help: 'Longest wait for the outcome' },
  interval,
] as const satisfies readonly OptionDefinition[]

/** What a wait is for, besides a status by its name. */
export const goals = ['success', 'done', 'ready'] as const

export const waitOptions = [
  {
    flag: '--for',
    type: 'text',
    placeholder: 'success|done|ready|STATUS',
    complete: [...new Set([...goals, ...jobStatuses])],
    default: 'success',
    help: 'What to wait for',
  },
  { flag: '--timeout', type: 'duration', placeholder: 'TIME', default: '4h', help: 'Longest wait' },
  interval,
] as const satisfies readonly OptionDefinition[]

export const logsOptions = [
  { flag: '--follow', short: '-f', type: 'flag', help: 'Follow to the end of the job, which the exit code tells' },
  { flag: '--container', short: '-c', type: 'text', placeholder: 'NAME', complete: 'pod container', help: 'Only this container' },
  { flag: '--since', type: 'duration', placeholder: 'TIME', help: 'Only lines newer than this' },
  { flag: '--tail', type: 'count', placeholder: 'N', help: 'Only the last lines of each container' },
  { flag: '--timestamps', type: 'flag', help: 'When each line was written' },
  { flag: '--no-prefix', type: 'flag', help: "Without the containers' names" },
  {
    flag: '--failed',
    type: 'flag',
    exclusive: ['--follow', '--container', '--since', '--timestamps'],
    help: 'The last 200 lines of the container that failed',
  },
] as const satisfies readonly OptionDefinition[]

/** What `jobs` has beyond the original: the shells, the waits and the logs of jobs. */
export const jobShells: readonly CommandDefinition[] = [
  {
    name: 'debug',
    shortForm: true,
    summary: "Open a job's shell",
    about: [
      'Waits until the shell is ready, finds the way in and the key, checks the host, and opens a terminal. When the shell ends the job still waits, and holds its memory: it asks whether to save the image, discard it, delete the job, or decide later.',
      'With COMMAND, runs that there, with its input, output and exit code: several words as they are, one as a line for the shell. The job still waits afterwards.',
    ],
    arguments: [
      { ...unfinishedJob, optional: true },
      { name: 'COMMAND', help: 'Command to run in place of a shell, after --', optional: true, many: true },
    ],
    options: debugOptions,
    examples: [
      { line: 'cray-ims jobs debug ad51', does: 'A shell in the job whose id starts with ad51' },
      { line: 'cray-ims jobs debug ad51 -- cat /mnt/image/kiwi.log', does: 'One command' },
    ],
  },
  {
    name: 'complete',
    summary: 'Save the images of jobs that wait',
    arguments: [{ ...unfinishedJob, many: true }],
    options: releaseOptions,
    examples: [{ line: 'cray-ims jobs complete ad51', does: 'Waits for the resulting image' }],
  },
  {
    name: 'fail',
    summary: 'Discard the images of jobs that wait',
    arguments: [{ ...unfinishedJob, many: true }],
    options: releaseOptions,
    examples: [{ line: 'cray-ims jobs fail ad51 --no-wait', does: 'Frees its memory' }],
  },
  {
    name: 'wait',
    shortForm: true,
    summary: 'Wait for jobs',
    about: ['Ends with 0 when all are there, 1 as soon as one cannot get there any more, 3 at the time limit.'],
    arguments: [{ ...unfinishedJob, many: true }],
    options: waitOptions,
    prints: jobs,
    examples: [{ line: 'cray-ims jobs wait ad51 --query resultant_image_id', does: 'The image, once it is made' }],
  },
  {
    name: 'logs',
    shortForm: true,
    summary: "Show the logs of a job's containers, through kubectl",
    arguments: [{ ...job, help: `${job.help}; if only ended jobs have it, the newest` }],
    options: logsOptions,
    examples: [{ line: 'cray-ims jobs logs ad51 -f', does: 'From fetching the recipe to the end' }],
  },
]
